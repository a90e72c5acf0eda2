// Which bytes may stand where in HTTP (RFC 9110 5.5, 5.6.2; RFC 9112 3.2), as one table, and the two loops over it that every
// parser here is built from. Pure.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace opslb::headers {

enum character_class : std::uint8_t {
  token_character = 1,   ///< methods, field names, connection options
  value_character = 2,   ///< field values and reasons: visible, SP, HTAB and obs-text; no other control byte
  target_character = 4,  ///< anything visible in ASCII but '#', which never reaches a server (RFC 9112 3.2)
  host_character = 8,    ///< of a registered name or an IPv4 address as opslb takes them
  digit = 16,
  hex_digit = 32,
  plain_character = 64,  ///< of a path, that is: neither separates segments nor can be read in two ways
  quotable_character =
      128,  ///< stands for itself between the quotes of JSON and of logs: printable ASCII but `"` and `\`
};

namespace detail {

constexpr std::array<std::uint8_t, 256> make_character_table() {
  std::array<std::uint8_t, 256> table{};
  const auto mark = [&table](std::string_view which, unsigned classes) {
    for (const char c : which) {
      auto& entry = table[static_cast<unsigned char>(c)];
      entry = static_cast<std::uint8_t>(entry | classes);
    }
  };
  for (unsigned c = 0; c < 256; ++c) {
    if ((c >= 0x20 && c != 0x7F) || c == '\t') table[c] |= value_character;
    if (c > 0x20 && c < 0x7F && c != '#') table[c] |= target_character;
    if (c != '%' && c != ';' && c != '/') table[c] |= plain_character;
    if (c >= 0x20 && c < 0x7F && c != '"' && c != '\\') table[c] |= quotable_character;
  }
  mark("0123456789", token_character | host_character | digit | hex_digit);
  mark("abcdefABCDEF", hex_digit);
  mark("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", token_character | host_character);
  mark("!#$%&'*+-.^_`|~", token_character);
  mark("-._~", host_character);
  return table;
}

constexpr std::array<char, 256> make_lower_table() {
  std::array<char, 256> table{};
  for (unsigned c = 0; c < 256; ++c) table[c] = static_cast<char>(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
  return table;
}

inline constexpr auto character_table = make_character_table();
inline constexpr auto lower_table = make_lower_table();

}  // namespace detail

constexpr bool is(character_class which, char c) {
  return (detail::character_table[static_cast<unsigned char>(c)] & which) != 0;
}

/// ASCII only.
constexpr char to_lower(char c) { return detail::lower_table[static_cast<unsigned char>(c)]; }

/// The first byte that is not of the class, or `end`.
constexpr const char* skip(character_class which, const char* p, const char* end) {
  while (p != end && is(which, *p)) ++p;
  return p;
}

/// True if all of a text that is not empty is of the class.
constexpr bool all_of(character_class which, std::string_view text) {
  return !text.empty() && skip(which, text.data(), text.data() + text.size()) == text.data() + text.size();
}

constexpr bool is_blank(char c) { return c == ' ' || c == '\t'; }

/// Without leading and trailing blanks (OWS).
constexpr std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

// Most bytes of a message head are in targets and in names and values of fields. SSE2, which every x86-64 has, sees sixteen of
// them at once. Where it finds something else the table decides.

#if defined(__SSE2__)

namespace detail {

inline __m128i load(const char* p) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p)); }
inline void store(__m128i bytes, char* p) { _mm_storeu_si128(reinterpret_cast<__m128i*>(p), bytes); }

/// In each byte all bits, where `from` is one of [low, low + count).
inline __m128i in_range(__m128i from, char low, char count) {
  const auto signed_low = static_cast<char>(-128 - low);
  return _mm_cmplt_epi8(_mm_add_epi8(from, _mm_set1_epi8(signed_low)), _mm_set1_epi8(static_cast<char>(-128 + count)));
}

/// The others.
inline __m128i outside_range(__m128i from, char low, char count) {
  const __m128i above = _mm_sub_epi8(from, _mm_set1_epi8(low));
  return _mm_cmpeq_epi8(_mm_max_epu8(above, _mm_set1_epi8(count)), above);
}

inline __m128i equal(__m128i bytes, char to) { return _mm_cmpeq_epi8(bytes, _mm_set1_epi8(to)); }

/// A bit for each byte that is marked.
inline std::uint32_t bits_of(__m128i marked) { return static_cast<std::uint32_t>(_mm_movemask_epi8(marked)); }

// Bits for the bytes of a block that the table has to be asked about.

struct of_names {
  static constexpr character_class which = token_character;
  static constexpr std::ptrdiff_t block = 16;
  static std::uint32_t doubtful(const char* p) {
    const __m128i bytes = load(p);
    const __m128i letters = in_range(_mm_or_si128(bytes, _mm_set1_epi8(0x20)), 'a', 26);
    return bits_of(_mm_or_si128(letters, equal(bytes, '-'))) ^ 0xFFFF;
  }
};

/// A cookie has thousands of bytes: two loads for each turn.
struct of_values {
  static constexpr character_class which = value_character;
  static constexpr std::ptrdiff_t block = 32;
  static std::uint32_t doubtful(const char* p) { return ~(printable(load(p)) | printable(load(p + 16)) << 16); }

 private:
  /// One more than the byte is above 0x20, as a signed number: not so for control bytes, for DEL, and for all above ASCII.
  static std::uint32_t printable(__m128i bytes) {
    return bits_of(_mm_cmpgt_epi8(_mm_add_epi8(bytes, _mm_set1_epi8(1)), _mm_set1_epi8(0x20)));
  }
};

struct of_targets {
  static constexpr character_class which = target_character;
  static constexpr std::ptrdiff_t block = 16;
  static std::uint32_t doubtful(const char* p) {
    const __m128i bytes = load(p);
    return bits_of(_mm_andnot_si128(equal(bytes, '#'), in_range(bytes, 0x21, 0x7F - 0x21))) ^ 0xFFFF;
  }
};

struct of_quotables {
  static constexpr character_class which = quotable_character;
  static constexpr std::ptrdiff_t block = 16;
  static std::uint32_t doubtful(const char* p) {
    const __m128i bytes = load(p);
    const __m128i special = _mm_or_si128(equal(bytes, '"'), equal(bytes, '\\'));
    return bits_of(_mm_andnot_si128(special, in_range(bytes, 0x20, 0x7F - 0x20))) ^ 0xFFFF;
  }
};

/// The first byte from `p` on that is not of the class, or `end`. From `floor` on all bytes may be read: the last ones before
/// `end` are looked at together with those before them.
template <typename Class>
[[gnu::always_inline]] inline const char* skip_blocks(const char* floor, const char* p, const char* end) {
  while (end - p >= Class::block) {
    const char* const next = p + Class::block;
    const std::uint32_t bits = Class::doubtful(p);
    p = next;
    if (bits == 0) continue;
    p = skip(Class::which, next - Class::block + std::countr_zero(bits), next);
    if (p != next) return p;
  }
  if (end - floor >= Class::block && p != end) {
    const std::uint32_t bits = Class::doubtful(end - Class::block) >> (Class::block - (end - p));
    if (bits == 0) return end;
    p += std::countr_zero(bits);
  }
  return skip(Class::which, p, end);
}

}  // namespace detail

/// skip(token_character, …), made for names of fields: letters and hyphens.
inline const char* skip_name(const char* floor, const char* p, const char* end) {
  return detail::skip_blocks<detail::of_names>(floor, p, end);
}
/// skip(value_character, …).
inline const char* skip_value(const char* floor, const char* p, const char* end) {
  return detail::skip_blocks<detail::of_values>(floor, p, end);
}
/// skip(quotable_character, …).
inline const char* skip_quotable(const char* floor, const char* p, const char* end) {
  return detail::skip_blocks<detail::of_quotables>(floor, p, end);
}
/// skip(target_character, …).
inline const char* skip_target(const char* floor, const char* p, const char* end) {
  return detail::skip_blocks<detail::of_targets>(floor, p, end);
}

#else

inline const char* skip_name(const char*, const char* p, const char* end) { return skip(token_character, p, end); }
inline const char* skip_value(const char*, const char* p, const char* end) { return skip(value_character, p, end); }
inline const char* skip_target(const char*, const char* p, const char* end) { return skip(target_character, p, end); }
inline const char* skip_quotable(const char*, const char* p, const char* end) {
  return skip(quotable_character, p, end);
}

#endif

}  // namespace opslb::headers
