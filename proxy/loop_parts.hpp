// What everything that lives on one worker's event loop is built from. References to the worker's own parts; one thread.
#pragma once

#include "proxy/buffer.hpp"
#include "proxy/deadline.hpp"
#include "proxy/reactor.hpp"

namespace opslb {

struct loop_parts {
  reactor& io;
  deadline_wheel& wheel;
  buffer_pool& buffers;
};

}  // namespace opslb
