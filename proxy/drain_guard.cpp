#include "proxy/drain_guard.hpp"

#include <fmt/format.h>

namespace opslb {
namespace {

std::string refusal_because_of(const guarded_backend& other, const std::string& wanted) {
  if (other.drained) {
    return fmt::format(
        "{0} is drained, and Ops Manager is upgraded one host at a time: put {0} back first by \"opslb ready {0}\", or "
        "drain {1} all the same with --force",
        other.name, wanted);
  }
  return fmt::format(
      "{0} is not up (its last check: {1}), and {2} has to answer for it: wait until {0} is up, or drain {2} all the "
      "same with --force",
      other.name, other.check, wanted);
}

}  // namespace

std::string why_not_drain(std::span<const guarded_backend> all, std::size_t which) {
  const guarded_backend* down = nullptr;
  for (const guarded_backend& other : all) {
    if (&other == &all[which]) continue;
    if (other.drained) return refusal_because_of(other, all[which].name);
    if (!other.up && down == nullptr) down = &other;
  }
  if (down != nullptr) return refusal_because_of(*down, all[which].name);
  if (all.size() > 1) return {};
  return fmt::format(
      "{0} is the only host, and nobody would be left to answer: configure another one, or drain {0} all the same with "
      "--force",
      all[which].name);
}

}  // namespace opslb
