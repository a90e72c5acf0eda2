// Where a line of the access log goes on: a plain pointer into room that was made for the longest that the line can become, so that
// nothing has to be asked on the way. What never changes is copied in sixteens, and may write over as many bytes behind its end.
#pragma once

#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "headers/quotable.hpp"
#include "proxy/digits.hpp"

namespace opslb::access_log {

/// Constant text, filled up so that a constant number of sixteens is copied.
template <std::size_t Size>
struct literal {
  static constexpr std::size_t size = Size - 1;
  static constexpr std::size_t filled = (size + 15) / 16 * 16;

  consteval literal(
      const char (&text)[Size]) {  // NOLINT(google-explicit-constructor): so that a literal can be given for it
    for (std::size_t i = 0; i < size; ++i) bytes[i] = text[i];
  }

  alignas(16) char bytes[filled] = {};
};

namespace detail {

/// Of each number below 1000 its three digits, and how many of them are zeros that lead it.
inline constexpr auto digit_triples = [] {
  std::array<char, 4 * 1000 + 2> triples{};  // of which four bytes can be read from any digit on
  for (std::size_t i = 0; i < 1000; ++i) {
    triples[4 * i] = static_cast<char>('0' + i / 100);
    triples[4 * i + 1] = static_cast<char>('0' + i / 10 % 10);
    triples[4 * i + 2] = static_cast<char>('0' + i % 10);
    triples[4 * i + 3] = static_cast<char>(i < 10 ? 2 : i < 100 ? 1 : 0);
  }
  return triples;
}();

}  // namespace detail

class cursor {
 public:
  /// This much more room than the text takes must be there.
  static constexpr std::size_t slack = 16;

  explicit cursor(char* at) : at_(at) {}

  char* at() const { return at_; }
  void go_on(char* from) { at_ = from; }

  template <literal Text>
  [[gnu::always_inline]] void put() {
    std::memcpy(at_, Text.bytes, Text.filled);
    at_ += Text.size;
  }
  [[gnu::always_inline]] void put(char c) { *at_++ = c; }
  /// Text of opslb's own, which has nothing in it to escape: names from the configuration, addresses, ids, constant words.
  [[gnu::always_inline]] void put(std::string_view own) {
    assert(own.empty() || headers::all_of(headers::quotable_character, own));
    headers::copy_short(own, at_);
    at_ += own.size();
  }
  /// Without leading zeros.
  [[gnu::always_inline]] void put_number(std::uint64_t value) {
    if (value >= 1000) return go_on(opslb::put_number(value, at_));
    const char* const triple = &detail::digit_triples[4 * value];
    const std::size_t zeros = static_cast<unsigned char>(triple[3]);
    std::memcpy(at_, triple + zeros, 4);  // what stands behind the digits then is written over
    at_ += 3 - zeros;
  }
  /// Below 1000, with leading zeros.
  [[gnu::always_inline]] void put_three_digits(unsigned value) {
    std::memcpy(at_, &detail::digit_triples[4 * std::size_t{value}], 4);
    at_ += 3;
  }

 private:
  char* at_;
};

}  // namespace opslb::access_log
