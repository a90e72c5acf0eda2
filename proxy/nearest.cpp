#include "proxy/nearest.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "headers/characters.hpp"

namespace opslb {
namespace {

using headers::to_lower;

// Damerau and Levenshtein's distance in its restricted form, by rows: `above` and `current` are the last two.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> two_above(b.size() + 1), above(b.size() + 1), current(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) current[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::swap(two_above, above);
    std::swap(above, current);
    current[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = to_lower(a[i - 1]) == to_lower(b[j - 1]);
      current[j] = std::min({above[j] + 1, current[j - 1] + 1, above[j - 1] + (same ? 0U : 1U)});
      const bool swapped =
          i > 1 && j > 1 && to_lower(a[i - 1]) == to_lower(b[j - 2]) && to_lower(a[i - 2]) == to_lower(b[j - 1]);
      if (swapped) current[j] = std::min(current[j], two_above[j - 2] + 1);
    }
  }
  return current[b.size()];
}

}  // namespace

std::optional<std::string_view> nearest(std::string_view written, std::span<const std::string_view> known) {
  std::optional<std::string_view> best;
  std::size_t fewest = 0;
  for (const auto word : known) {
    const auto tolerated = std::max<std::size_t>(1, word.size() / 3);
    const auto difference = std::max(written.size(), word.size()) - std::min(written.size(), word.size());
    if (difference > tolerated) continue;
    const auto steps = distance(written, word);
    if (steps > tolerated || (best && steps >= fewest)) continue;
    best = word;
    fewest = steps;
  }
  return best;
}

}  // namespace opslb
