// Where a line of the access log goes on: a plain pointer into room that was made for the longest that the line can become, so that
// nothing has to be asked on the way. What never changes is copied in sixteens, and may write over as many bytes behind its end.
#pragma once

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

class cursor {
 public:
  /// This much more room than the text takes must be there.
  static constexpr std::size_t slack = 16;

  explicit cursor(char* at) : at_(at) {}

  char* at() const { return at_; }
  void go_on(char* from) { at_ = from; }

  template <literal Text>
  void put() {
    std::memcpy(at_, Text.bytes, Text.filled);
    at_ += Text.size;
  }
  void put(char c) { *at_++ = c; }
  /// Text of opslb's own, which has nothing in it to escape: names from the configuration, addresses, ids, constant words.
  [[gnu::always_inline]] void put(std::string_view own) {
    assert(own.empty() || headers::all_of(headers::quotable_character, own));
    headers::copy_short(own, at_);
    at_ += own.size();
  }
  void put_number(std::uint64_t value) { at_ = opslb::put_number(value, at_); }
  void put_three_digits(unsigned value) { at_ = opslb::put_three_digits(value, at_); }

 private:
  char* at_;
};

}  // namespace opslb::access_log
