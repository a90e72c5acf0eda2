// The error log: state changes and what an operator can act on, one line each, written by a thread of its own (spdlog's
// asynchronous logger) so that no worker ever waits for a disk. Bytes that came from a client are to be passed through
// escaped() first. Call from any thread between open() and close(); before and after that, lines go to stderr at once.
#pragma once

#include <fmt/format.h>

#include <atomic>
#include <cstdint>

#include <string>
#include <string_view>

#include "proxy/config.hpp"

namespace opslb::log {

/// Opens or re-opens according to `settings`; throws std::runtime_error with a sentence for the operator if the file cannot be
/// opened (what was open stays open then).
void open(const log_config& settings);
/// SIGUSR1: opens the files again under their names. A failure is logged; the old file stays in use.
void reopen();
/// Writes out what is queued and ends the thread.
void close();

bool enabled(log_level level);
void write(log_level level, std::string_view line);

template <typename... Args>
void line(log_level level, fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(level)) write(level, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void debug(fmt::format_string<Args...> format, Args&&... args) {
  line(log_level::debug, format, std::forward<Args>(args)...);
}
template <typename... Args>
void info(fmt::format_string<Args...> format, Args&&... args) {
  line(log_level::info, format, std::forward<Args>(args)...);
}
template <typename... Args>
void warning(fmt::format_string<Args...> format, Args&&... args) {
  line(log_level::warning, format, std::forward<Args>(args)...);
}
template <typename... Args>
void error(fmt::format_string<Args...> format, Args&&... args) {
  line(log_level::error, format, std::forward<Args>(args)...);
}

/// Control bytes, quotes, backslashes and bytes above 0x7E as \xHH; cut at 200 characters.
std::string escaped(std::string_view from_outside);

/// At most one line a second per call site, for what a hostile peer can cause at will; says how many were left out.
class rate_limit {
 public:
  /// True if a line may be written now; `left_out` is how many were suppressed since the last one. Any thread.
  bool allows(std::uint64_t& left_out);

 private:
  std::atomic<std::int64_t> next_{0};
  std::atomic<std::uint64_t> suppressed_{0};
};

}  // namespace opslb::log
