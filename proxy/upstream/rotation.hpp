// The order of a weighted round robin, unrolled: nginx's smooth algorithm, which spreads the turns of a heavy backend instead
// of giving them in a row. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace opslb::upstream {

/// One whole round: each index as often as its weight, all weights divided by their greatest common divisor. An index of
/// weight 0 does not occur. At most 256 weights.
std::vector<std::uint8_t> smooth_sequence(std::span<const unsigned> weights);

}  // namespace opslb::upstream
