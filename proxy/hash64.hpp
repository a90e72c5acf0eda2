// A 64-bit hash of a few bytes: well mixed, the same in every process for the same seed, and not to be steered by someone
// who does not know the seed. For tables and for spreading load, not for secrets. Pure.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace opslb {

/// The finaliser of splitmix64: a bijection in which every bit of the input moves about half of the output's.
constexpr std::uint64_t mixed(std::uint64_t x) {
  x ^= x >> 30U;
  x *= 0xBF58476D1CE4E5B9U;
  x ^= x >> 27U;
  x *= 0x94D049BB133111EBU;
  return x ^ (x >> 31U);
}

inline std::uint64_t hash64(const void* bytes, std::size_t size, std::uint64_t seed) {
  const auto* at = static_cast<const unsigned char*>(bytes);
  std::uint64_t hash = mixed(seed + 0x9E3779B97F4A7C15U + size);
  for (std::size_t left = size; left > 0;) {
    std::uint64_t word = 0;
    const auto taken = std::min(left, sizeof word);
    std::memcpy(&word, at, taken);
    hash = mixed(hash ^ word);
    at += taken;
    left -= taken;
  }
  return mixed(hash);
}

}  // namespace opslb
