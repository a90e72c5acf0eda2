// What was found of agents and of recent requests, as JSON. Pure.
#pragma once

#include <string>

#include "proxy/admin/operations.hpp"

namespace opslb::admin {

std::string to_json(const found_agents& all);
std::string to_json(const found_requests& all);

/// Why there is nothing of that id, as a sentence.
std::string why_not_found(const found_requests& none);

}  // namespace opslb::admin
