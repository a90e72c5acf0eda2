// Which bytes may stand where in HTTP (RFC 9110 5.5, 5.6.2; RFC 9112 3.2), as one table, and the two loops over it that every
// parser here is built from. Pure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace opslb::headers {

enum character_class : std::uint8_t {
  token_character = 1,   ///< methods, field names, connection options
  value_character = 2,   ///< field values and reasons: visible, SP, HTAB and obs-text; no other control byte
  target_character = 4,  ///< anything visible in ASCII but '#', which never reaches a server (RFC 9112 3.2)
  host_character = 8,    ///< of a registered name or an IPv4 address as opslb takes them
  digit = 16,
  hex_digit = 32,
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

/// skip(value_character, …), eight bytes at a time: most bytes of a message head are in values.
inline const char* skip_value(const char* p, const char* end) {
  constexpr std::uint64_t each = 0x0101010101010101;
  for (; end - p >= 8; p += 8) {
    std::uint64_t bytes;
    std::memcpy(&bytes, p, 8);
    // The high bit of a byte is set where it is below 0x20 or is 0x7F. A borrow can mark a byte too many, never one too
    // few, and the loop below looks again.
    const std::uint64_t below = (bytes - each * 0x20) & ~bytes;
    const std::uint64_t delete_as_zero = bytes ^ (each * 0x7F);
    const std::uint64_t is_delete = (delete_as_zero - each) & ~delete_as_zero;
    if (((below | is_delete) & (each * 0x80)) != 0) {
      const char* const stop = skip(value_character, p, p + 8);
      if (stop != p + 8) return stop;
    }
  }
  return skip(value_character, p, end);
}

}  // namespace opslb::headers
