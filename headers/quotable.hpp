// Bytes that stand for themselves between the quotes of JSON and of logs, copied sixteen at a time: most text has no others, so to
// look at it and to copy it is one loop. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "headers/characters.hpp"

namespace opslb::headers {

/// What copy_if() lets pass: printable ASCII but `"` and `\`.
struct quotable {
  static bool has(char c) { return is(quotable_character, c); }
#if defined(__SSE2__)
  /// Marks all others, and it may not see what stands in bytes that it has not marked.
  static __m128i others(__m128i bytes) {
    const __m128i special = _mm_or_si128(detail::equal(bytes, '"'), detail::equal(bytes, '\\'));
    return _mm_or_si128(special, detail::outside_range(bytes, 0x20, 0x7F - 0x20));
  }
#endif
};

/// The same, and nothing that separates parts of a URI behind its path, or a user from a host: in such text nothing can be masked.
struct quotable_path {
  static bool has(char c) { return quotable::has(c) && c != '?' && c != '#' && c != ';' && c != '@'; }
#if defined(__SSE2__)
  static __m128i others(__m128i bytes) {
    const __m128i behind = _mm_or_si128(detail::equal(bytes, '?'), detail::equal(bytes, '#'));
    const __m128i inside = _mm_or_si128(detail::equal(bytes, ';'), detail::equal(bytes, '@'));
    return _mm_or_si128(quotable::others(bytes), _mm_or_si128(behind, inside));
  }
#endif
};

namespace detail {
/// Bytes that are copied at once. Not an array, which would have the stack protected.
struct sixteen {
  std::uint64_t low, high;
};
}  // namespace detail

/// Copies a text that is mostly short, for which a call of memcpy() costs more than its bytes.
[[gnu::always_inline]] inline void copy_short(std::string_view text, char* out) {
  const char* p = text.data();
  const std::size_t size = text.size();
  const auto copy_ends = [&](auto first) {  // which may overlap
    auto last = first;
    std::memcpy(&first, p, sizeof first);
    std::memcpy(&last, p + size - sizeof last, sizeof last);
    std::memcpy(out, &first, sizeof first);
    std::memcpy(out + size - sizeof last, &last, sizeof last);
  };
  if (size <= 16) {
    if (size >= 8) {
      copy_ends(std::uint64_t());
    } else if (size >= 4) {
      copy_ends(std::uint32_t());
    } else if (size >= 2) {
      copy_ends(std::uint16_t());
    } else if (size == 1) {
      *out = *p;
    }
  } else if (size <= 32) {
    copy_ends(detail::sixteen());
  } else {
    std::memcpy(out, p, size);
  }
}

/// Copies `text` to `out` and says whether all of it is of the class: if not, what is there now is of no use.
template <typename Class>
[[gnu::always_inline]] inline bool copy_if(std::string_view text, char* out) {
  const char* p = text.data();
  const std::size_t size = text.size();
#if defined(__SSE2__)
  __m128i others;
  if (size >= 16) {
    const char* const last = p + size - 16;
    char* const last_out = out + size - 16;
    others = _mm_setzero_si128();
    for (; p < last; p += 16, out += 16) {
      const __m128i bytes = detail::load(p);
      detail::store(bytes, out);
      others = _mm_or_si128(others, Class::others(bytes));
    }
    const __m128i bytes = detail::load(last);  // together with some of those before it
    detail::store(bytes, last_out);
    others = _mm_or_si128(others, Class::others(bytes));
  } else if (size >= 8) {
    std::int64_t first, last;
    std::memcpy(&first, p, sizeof first);
    std::memcpy(&last, p + size - sizeof last, sizeof last);
    std::memcpy(out, &first, sizeof first);
    std::memcpy(out + size - sizeof last, &last, sizeof last);
    others = Class::others(_mm_set_epi64x(last, first));
  } else if (size >= 4) {
    std::int32_t first, last;
    std::memcpy(&first, p, sizeof first);
    std::memcpy(&last, p + size - sizeof last, sizeof last);
    std::memcpy(out, &first, sizeof first);
    std::memcpy(out + size - sizeof last, &last, sizeof last);
    others = Class::others(_mm_set_epi32(last, first, last, first));
  } else {
    if (size == 0) return true;
    const char first = p[0], middle = p[size / 2], last = p[size - 1];
    out[0] = first;
    out[size / 2] = middle;
    out[size - 1] = last;
    others = Class::others(_mm_setr_epi8(first, middle, last, last, last, last, last, last, last, last, last, last,
                                         last, last, last, last));
  }
  return detail::bits_of(others) == 0;
#else
  bool all = true;
  for (std::size_t i = 0; i < size; ++i) {
    all = all && Class::has(p[i]);
    out[i] = p[i];
  }
  return all;
#endif
}

}  // namespace opslb::headers
