// Numbers as text, two digits at a time, into room that is there. Pure.
#pragma once

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace opslb {

/// put_number() writes no more.
inline constexpr std::size_t most_digits = 20;

namespace detail {

constexpr std::array<char, 200> make_digit_pairs() {
  std::array<char, 200> pairs{};
  for (std::size_t i = 0; i < 100; ++i) {
    pairs[2 * i] = static_cast<char>('0' + i / 10);
    pairs[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return pairs;
}

inline constexpr auto digit_pairs = make_digit_pairs();

}  // namespace detail

/// Below 100, with its leading zero.
inline char* put_two_digits(unsigned value, char* out) {
  std::memcpy(out, &detail::digit_pairs[2 * value], 2);
  return out + 2;
}

/// Below 1000, with leading zeros.
inline char* put_three_digits(unsigned value, char* out) {
  *out = static_cast<char>('0' + value / 100);
  return put_two_digits(value % 100, out + 1);
}

/// Without leading zeros.
inline char* put_number(std::uint64_t value, char* out) {
  if (value >= 1000) return std::to_chars(out, out + most_digits, value).ptr;
  const auto small = static_cast<unsigned>(value);
  if (small >= 100) return put_three_digits(small, out);
  if (small >= 10) return put_two_digits(small, out);
  *out = static_cast<char>('0' + small);
  return out + 1;
}

}  // namespace opslb
