// What an operator wants to know of: changes of state, each a line in the log, and kept among the recent ones for the
// status page whatever the log's level is. Not for what clients can cause at will. Any thread but a worker's.
#pragma once

#include <fmt/format.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "proxy/log.hpp"

namespace opslb::news {

struct item {
  std::chrono::system_clock::time_point at;
  log_level level = log_level::info;
  std::string text;
};

/// How many are kept.
inline constexpr std::size_t most = 200;

/// One line without a time.
void tell(log_level level, std::string text);

template <typename... Args>
void info(fmt::format_string<Args...> format, Args&&... args) {
  tell(log_level::info, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void warning(fmt::format_string<Args...> format, Args&&... args) {
  tell(log_level::warning, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void error(fmt::format_string<Args...> format, Args&&... args) {
  tell(log_level::error, fmt::format(format, std::forward<Args>(args)...));
}

/// The recent ones, the newest last.
std::vector<item> recent();

}  // namespace opslb::news
