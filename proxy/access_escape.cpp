#include "proxy/access_escape.hpp"

#include <algorithm>

namespace opslb::access_log {
namespace {

char* put_hex(std::string_view prefix, unsigned char byte, char* out) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  out = std::copy(prefix.begin(), prefix.end(), out);
  *out++ = digits[byte >> 4U];
  *out++ = digits[byte & 15U];
  return out;
}

bool continues(std::string_view bytes, std::size_t at) {
  return at < bytes.size() && (static_cast<unsigned char>(bytes[at]) & 0xC0U) == 0x80U;
}

/// Bytes of the well-formed UTF-8 character (RFC 3629 4) at the front of `bytes`, which is not ASCII; 0 if it is none, or
/// one that some readers take for a line end: C1 controls, U+2028 and U+2029.
std::size_t harmless_character(std::string_view bytes) {
  const auto first = static_cast<unsigned char>(bytes[0]);
  const auto second = bytes.size() > 1 ? static_cast<unsigned char>(bytes[1]) : 0U;
  if (!continues(bytes, 1)) return 0;
  if (first >= 0xC2 && first <= 0xDF) return first == 0xC2 && second < 0xA0 ? 0 : 2;
  if (!continues(bytes, 2)) return 0;
  if (first >= 0xE0 && first <= 0xEF) {
    const bool overlong = first == 0xE0 && second < 0xA0;
    const bool surrogate = first == 0xED && second >= 0xA0;
    const bool line_end = first == 0xE2 && second == 0x80 && (bytes[2] == '\xA8' || bytes[2] == '\xA9');
    return overlong || surrogate || line_end ? 0 : 3;
  }
  if (!continues(bytes, 3) || first < 0xF0 || first > 0xF4) return 0;
  const bool outside = (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F);
  return outside ? 0 : 4;
}

[[gnu::noinline]] char* put_escaped_combined(std::string_view bytes, char* out) {
  for (const char c : bytes) {
    if (headers::quotable::has(c)) {
      *out++ = c;
    } else {
      out = put_hex("\\x", static_cast<unsigned char>(c), out);
    }
  }
  return out;
}

}  // namespace

/// Byte by byte.
char* put_escaped_json(std::string_view bytes, char* out) {
  while (!bytes.empty()) {
    const char c = bytes.front();
    std::size_t size = 1;
    if (headers::quotable::has(c)) {
      *out++ = c;
    } else if (c == '"' || c == '\\') {
      *out++ = '\\';
      *out++ = c;
    } else if (const std::size_t as_it_is = static_cast<unsigned char>(c) < 0x80 ? 0 : harmless_character(bytes);
               as_it_is != 0) {
      out = std::copy_n(bytes.begin(), as_it_is, out);
      size = as_it_is;
    } else {
      out = put_hex("\\u00", static_cast<unsigned char>(c), out);
    }
    bytes.remove_prefix(size);
  }
  return out;
}

char* put_combined_text(std::string_view bytes, char* out) {
  return headers::copy_if<headers::quotable>(bytes, out) ? out + bytes.size() : put_escaped_combined(bytes, out);
}

}  // namespace opslb::access_log
