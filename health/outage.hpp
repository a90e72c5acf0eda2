// Says in Ops Manager's terms why no host is up: one sentence for all of them where they fail alike, a list where they
// do not. Used for the one event of an outage, with names, and for the detail of 503 answers, without. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "health/board.hpp"

namespace opslb::health {

struct checked_host {
  std::string name;
  last_check last;
  bool drained = false;
};

/// For answers to clients: neither names nor addresses, nor words of the system that could contain them.
/// "all 3 hosts answer /monitor/health with 500: look at the application database"
/// "2 hosts answer /monitor/health with 500, 1 host cannot be reached (connection refused)"
std::string describe_outage(std::span<const last_check> hosts, std::string_view path);

/// For the log: the same where all fail alike, but a list is of names.
/// "ops1 and ops2 answer /monitor/health with 500, ops3 cannot be reached (connection refused)"
std::string describe_outage(std::span<const checked_host> hosts, std::string_view path);

}  // namespace opslb::health
