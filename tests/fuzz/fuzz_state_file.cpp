// Any bytes as the file that drains survive a restart in: either nothing is taken of them, for one reason, or what is taken
// is whole, and the same when it is written and read again.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "proxy/state_file.hpp"

using namespace opslb;

namespace {

void demand(bool holds) {
  if (!holds) std::abort();
}

void same(const kept_drain& one, const kept_drain& other) {
  demand(one.backend == other.backend && one.url == other.url && one.since == other.since);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const loaded_state read = parse_state({reinterpret_cast<const char*>(data), size});
  if (!read.warning.empty()) {
    demand(read.drains.empty() && read.warning.find('\n') == std::string::npos);
    return 0;
  }
  for (const kept_drain& each : read.drains) demand(!each.backend.empty() && !each.url.empty());
  const loaded_state again = parse_state(to_text(read.drains));
  demand(again.warning.empty() && again.drains.size() == read.drains.size());
  for (std::size_t i = 0; i < read.drains.size(); ++i) same(again.drains[i], read.drains[i]);
  return 0;
}
