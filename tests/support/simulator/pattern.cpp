#include "tests/support/simulator/pattern.hpp"

#include <algorithm>
#include <cstring>

namespace opslb::simulator {
namespace {

// splitmix64 (Steele, Lea, Flood 2014)
std::uint64_t mixed(std::uint64_t value) {
  value = (value + 1) * 0x9e3779b97f4a7c15U;
  value = (value ^ (value >> 30U)) * 0xbf58476d1ce4e5b9U;
  value = (value ^ (value >> 27U)) * 0x94d049bb133111ebU;
  return value ^ (value >> 31U);
}

}  // namespace

std::string_view pattern::next(std::size_t most) {
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, most & ~std::size_t{7}));
  piece_.resize(std::max(piece_.size(), (size + 7) / 8 * 8));
  for (std::size_t at = 0; at < size; at += 8) {
    const auto word = mixed(word_++);
    std::memcpy(piece_.data() + at, &word, 8);  // little-endian on every machine that Ops Manager runs on
  }
  left_ -= size;
  return std::string_view{piece_}.substr(0, size);
}

}  // namespace opslb::simulator
