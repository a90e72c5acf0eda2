// What happened to a request, as a story that an administrator reads in a terminal. Pure.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace opslb::command {

/// `request` is one of those that /api/v1/requests/ID said; what it does not have is left out. Ends with a line end.
std::string explained(const nlohmann::json& request);

}  // namespace opslb::command
