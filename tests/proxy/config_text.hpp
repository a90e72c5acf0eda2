// Configurations for tests: the smallest valid one with one thing changed, and what was found wrong with it.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

#include "proxy/config.hpp"

namespace opslb::tests {

/// A valid file that ends with `more`, such as `"workers": 2`.
inline std::string with(std::string_view more) {
  return fmt::format(
      R"({{"listeners": [{{"bind": "127.0.0.1:8080"}}], "backends": [{{"url": "http://ops1:8080"}}]{}{}}})",
      more.empty() ? "" : ", ", more);
}

/// The same with one listener of these keys.
inline std::string with_listener(std::string_view keys) {
  return fmt::format(R"({{"listeners": [{{{}}}], "backends": [{{"url": "http://ops1:8080"}}]}})", keys);
}

/// The same with these listeners or backends.
inline std::string with_listeners(std::string_view list) {
  return fmt::format(R"({{"listeners": [{}], "backends": [{{"url": "http://ops1:8080"}}]}})", list);
}
inline std::string with_backends(std::string_view list) {
  return fmt::format(R"({{"listeners": [{{"bind": "127.0.0.1:8080"}}], "backends": [{}]}})", list);
}

inline load_result load(std::string_view text) { return parse_config(text, "/etc/opslb"); }

/// "path: message" of each.
inline std::vector<std::string> lines(const std::vector<config_problem>& problems) {
  std::vector<std::string> out;
  for (const auto& problem : problems) {
    out.push_back(problem.path.empty() ? problem.message : fmt::format("{}: {}", problem.path, problem.message));
  }
  return out;
}

}  // namespace opslb::tests
