// The status as an administrator reads it in a terminal. Pure.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace opslb::command {

/// `status` is what /api/v1/status said; what it does not have is left out. Ends with a line end.
std::string status_table(const nlohmann::json& status, bool colours);

/// "12 s", "3 min 5 s", "2 h 10 min", "4 d 3 h"
std::string span_in_words(double seconds);
/// "512 B", "1.5 KiB", "20 GiB"
std::string size_in_words(std::uint64_t bytes);

}  // namespace opslb::command
