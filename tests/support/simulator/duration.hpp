// Durations as the command line and the query strings of /_sim give them: "30s", "500ms", "2m", or a bare number.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace opslb::simulator {

/// The whole text as a number, or nothing.
std::optional<std::uint64_t> parse_number(std::string_view text);

/// `bare` is the unit of a number without one. Nothing for what is no duration.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text, std::chrono::milliseconds bare);

}  // namespace opslb::simulator
