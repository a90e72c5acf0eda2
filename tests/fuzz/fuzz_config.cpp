// The configuration loader on any bytes: it must not crash or throw, and every problem and warning stands inside the text.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "proxy/config.hpp"

using namespace opslb;

namespace {

void demand(bool holds) {
  if (!holds) std::abort();
}

// The length of each line. A place may also be just behind a line's end.
std::vector<std::size_t> line_lengths(std::string_view text) {
  std::vector<std::size_t> out;
  for (;;) {
    const auto end = text.find('\n');
    out.push_back(std::min(end, text.size()));
    if (end == std::string_view::npos) return out;
    text.remove_prefix(end + 1);
  }
}

void is_inside(const config_problem& problem, const std::vector<std::size_t>& lengths) {
  demand(!problem.message.empty());
  demand(problem.message.find('\n') == std::string::npos && problem.path.find('\n') == std::string::npos);
  demand(problem.line >= 1 && problem.line <= lengths.size());
  demand(problem.column >= 1 && problem.column <= lengths[problem.line - 1] + 1);
}

// What the rest of opslb relies on without looking.
void is_complete(const config& c) {
  demand(!c.listeners.empty() && !c.backends.empty() && c.backends.size() <= 64);
  for (const auto& l : c.listeners) demand(!l.name.empty());
  for (const auto& b : c.backends) demand(!b.name.empty() && !b.host.empty() && b.port != 0 && b.weight != 0);
  demand(c.health.interval.count() > 0 && c.health.timeout.count() > 0 && c.health.rise > 0 && c.health.fall > 0);
  demand(c.timeouts.idle.count() > 0 && c.timeouts.connect.count() > 0 && c.timeouts.request_head.count() > 0);
  demand(!c.forwarded.server_name.empty() && !c.forwarded.client_ip_header.empty());
  const auto& rules = c.timeouts.idle_for;
  demand(
      std::is_sorted(rules.begin(), rules.end(), [](auto& a, auto& b) { return a.prefix.size() > b.prefix.size(); }));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto result = parse_config(text, "/etc/opslb");
  demand(result.value.has_value() == result.problems.empty());
  const auto lengths = line_lengths(text);
  for (const auto& problem : result.problems) is_inside(problem, lengths);
  for (const auto& warning : result.warnings) is_inside(warning, lengths);
  if (result.value) is_complete(*result.value);
  return 0;
}
