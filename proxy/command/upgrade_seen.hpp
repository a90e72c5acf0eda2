// The answer of /api/v1/status as the walk through an upgrade sees it. Pure.
#pragma once

#include <stdexcept>
#include <string_view>
#include <vector>

#include "proxy/command/upgrade_walk.hpp"

namespace opslb::command {

/// Throws std::runtime_error with a sentence if it is no such answer.
std::vector<seen_host> read_hosts(std::string_view status_json);

}  // namespace opslb::command
