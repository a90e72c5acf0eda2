// Points in time as the logs write them: UTC, by arithmetic, because gmtime and strftime cost more than the rest of a line. Pure.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace opslb {

/// "2026-11-22T08:00:00.123Z" (RFC 3339).
void append_rfc3339(std::chrono::system_clock::time_point when, std::string& out);
/// Of exactly that form; nothing of any other, and nothing for a day that there is not or that the clock cannot hold.
std::optional<std::chrono::system_clock::time_point> parse_rfc3339(std::string_view text);
/// "Sun, 22 Nov 2026 08:00:00 GMT" (RFC 9110 5.6.7).
std::string http_date(std::chrono::system_clock::time_point when);
/// "22/Nov/2026:08:00:00 +0000", as in the NCSA formats.
void append_ncsa_time(std::chrono::system_clock::time_point when, std::string& out);

}  // namespace opslb
