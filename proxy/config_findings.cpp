#include "proxy/config_findings.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace opslb {
namespace {

std::vector<config_problem> in_order(std::vector<config_problem>&& problems) {
  std::stable_sort(problems.begin(), problems.end(), [](const config_problem& a, const config_problem& b) {
    return std::tie(a.line, a.column) < std::tie(b.line, b.column);
  });
  return std::move(problems);
}

}  // namespace

bool findings::has_error(std::string_view path) const {
  return std::any_of(errors_.begin(), errors_.end(), [path](const config_problem& e) { return e.path == path; });
}

void findings::error(json::position at, std::string path, std::string message) {
  errors_.push_back({at.line, at.column, std::move(path), std::move(message)});
}

void findings::error(std::string path, std::string message) {
  const auto at = place_of(path);
  error(at, std::move(path), std::move(message));
}

void findings::warning(std::string path, std::string message) {
  const auto at = place_of(path);
  warnings_.push_back({at.line, at.column, std::move(path), std::move(message)});
}

json::position findings::place_of(std::string_view path) const {
  for (;;) {
    if (const auto found = seen_.find(path); found != seen_.end()) return found->second;
    if (path.empty()) return {};
    const auto end = path.find_last_of(".[");
    path = path.substr(0, end == std::string_view::npos ? 0 : end);
  }
}

std::vector<config_problem> findings::take_errors() { return in_order(std::move(errors_)); }
std::vector<config_problem> findings::take_warnings() { return in_order(std::move(warnings_)); }

}  // namespace opslb
