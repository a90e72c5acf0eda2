// Durations and sizes as the configuration writes them: a whole number and a unit, "180s" or "16KiB". Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "proxy/config_outcome.hpp"

namespace opslb {

/// "500ms", "180s", "3m", "1h".
outcome<std::chrono::milliseconds> to_duration(std::string_view text);
/// "512B", "16KiB", "1MiB", "2GiB".
outcome<std::uint64_t> to_size(std::string_view text);

/// The way back, in the largest unit that leaves a whole number: 180 s is "3m".
std::string write_duration(std::chrono::milliseconds duration);
std::string write_size(std::uint64_t bytes);

}  // namespace opslb
