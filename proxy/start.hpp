// How this process came to run, beyond its configuration: what it was called by, and what it was given. To be found out
// before the first thread.
#pragma once

#include <memory>

#include "proxy/inherited_sockets.hpp"
#include "proxy/takeover/launch.hpp"
#include "proxy/takeover/predecessor.hpp"

namespace opslb {

struct start {
  takeover::program self;
  bool under_init = false;                        ///< process 1 is an opslb that follows takeovers (init.hpp)
  std::shared_ptr<takeover::predecessor> before;  ///< the process whose place this one takes, or null
  takeover::handover handed;                      ///< by that
  inherited_sockets sockets;
};

/// As process 1 it returns in a child. Throws std::runtime_error with a sentence for the operator.
start find_start(int count, char** arguments);

}  // namespace opslb
