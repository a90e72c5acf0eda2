// `opslb upgrade`: leads an operator through a rolling upgrade, host by host. What is done next is upgrade_walk's to say; here it is
// done, told and waited for.
#pragma once

#include <chrono>
#include <string>

#include "proxy/command/place.hpp"

namespace opslb::command {

struct upgrade_options {
  std::string only;                     ///< one host alone; empty: all that are due
  std::chrono::milliseconds timeout{};  ///< for each host, from its drain to its return; 0: none
  bool dry_run = false;                 ///< only tell
  bool yes = false;                     ///< ask nothing
};

/// The exit code: 0 done, 1 not begun or not finished, 2 wrong usage.
int upgrade(const place_options& where, const upgrade_options& options);

}  // namespace opslb::command
