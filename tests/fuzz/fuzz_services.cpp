// Answers of a name server about SRV records, on any bytes: whatever is let through is a host and port that can be used,
// and bytes behind the end of the message are never looked at.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "health/services.hpp"

using namespace opslb::health;

namespace {

void demand(bool holds) {
  if (!holds) std::abort();
}

bool may_stand_in_a_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::vector<std::uint8_t> exact(data, data + size);  // so that a sanitizer sees a read behind it
  const auto found = read_services(exact);
  if (!found) return 0;
  for (const service& each : *found) {
    demand(each.port != 0 && !each.host.empty() && each.host.size() <= 253);
    for (const char c : each.host) demand(may_stand_in_a_name(c));
  }
  const auto best = preferred(*found);
  demand(best.empty() == found->empty() && best.size() <= found->size());
  for (const service& each : best) {
    for (const service& other : *found) demand(each.priority <= other.priority);
  }
  return 0;
}
