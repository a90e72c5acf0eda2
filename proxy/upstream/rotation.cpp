#include "proxy/upstream/rotation.hpp"

#include <cassert>
#include <cstddef>
#include <numeric>

namespace opslb::upstream {

std::vector<std::uint8_t> smooth_sequence(std::span<const unsigned> weights) {
  assert(weights.size() <= 256);
  const std::uint64_t total = std::accumulate(weights.begin(), weights.end(), std::uint64_t{0});
  if (total == 0) return {};
  const unsigned divisor =
      std::accumulate(weights.begin(), weights.end(), 0U, [](unsigned a, unsigned b) { return std::gcd(a, b); });

  std::vector<std::uint8_t> order(total / divisor);
  std::vector<std::int64_t> credit(weights.size(), 0);
  for (auto& next : order) {
    // Everybody earns their weight; the richest has the turn, and pays what all have earned.
    std::size_t richest = 0;
    for (std::size_t i = 0; i < weights.size(); ++i) {
      credit[i] += weights[i];
      if (credit[i] > credit[richest]) richest = i;
    }
    credit[richest] -= static_cast<std::int64_t>(total);
    next = static_cast<std::uint8_t>(richest);
  }
  return order;
}

}  // namespace opslb::upstream
