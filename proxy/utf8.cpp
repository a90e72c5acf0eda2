#include "proxy/utf8.hpp"

namespace opslb {
namespace {

unsigned byte_at(std::string_view text, std::size_t i) { return static_cast<unsigned char>(text[i]); }

// The table of RFC 3629 section 4: a first byte decides the length and the range of the second byte; the others are
// always 80..BF. Zero: no character begins like this.
struct sequence {
  std::size_t length = 0;
  unsigned second_low = 0x80;
  unsigned second_high = 0xBF;
};

sequence begun_by(unsigned first) {
  if (first < 0x80) return {1};
  if (first < 0xC2) return {};
  if (first < 0xE0) return {2};
  if (first == 0xE0) return {3, 0xA0, 0xBF};
  if (first == 0xED) return {3, 0x80, 0x9F};
  if (first < 0xF0) return {3};
  if (first == 0xF0) return {4, 0x90, 0xBF};
  if (first < 0xF4) return {4};
  if (first == 0xF4) return {4, 0x80, 0x8F};
  return {};
}

bool is_well_formed(std::string_view text, std::size_t at, const sequence& s) {
  if (s.length == 0 || text.size() - at < s.length) return false;
  if (s.length == 1) return true;
  const auto second = byte_at(text, at + 1);
  if (second < s.second_low || second > s.second_high) return false;
  for (std::size_t i = 2; i < s.length; ++i) {
    if ((byte_at(text, at + i) & 0xC0U) != 0x80) return false;
  }
  return true;
}

}  // namespace

std::size_t valid_utf8_prefix(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const auto s = begun_by(byte_at(text, at));
    if (!is_well_formed(text, at, s)) return at;
    at += s.length;
  }
  return at;
}

std::string well_formed(std::string_view text) {
  std::string out;
  for (;;) {
    const std::size_t valid = valid_utf8_prefix(text);
    out += text.substr(0, valid);
    if (valid == text.size()) return out;
    out += "\xEF\xBF\xBD";
    text.remove_prefix(valid + 1);
  }
}

}  // namespace opslb
