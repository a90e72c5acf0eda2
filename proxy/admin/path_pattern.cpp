#include "proxy/admin/path_pattern.hpp"

#include <charconv>

#include "headers/characters.hpp"

namespace opslb::admin {
namespace {

bool percent_decode(std::string_view text, std::string& out) {
  out.clear();
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const auto digits = text.substr(i + 1, 2);
    if (digits.size() != 2 || !headers::all_of(headers::hex_digit, digits)) return false;
    unsigned byte = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
    out += static_cast<char>(byte);
    i += 2;
  }
  return true;
}

}  // namespace

bool matches(std::string_view pattern, std::string_view path, std::string& named) {
  const auto star = pattern.find('*');
  if (star == std::string_view::npos) return path == pattern;
  const auto before = pattern.substr(0, star);
  const auto behind = pattern.substr(star + 1);
  if (path.size() <= before.size() + behind.size() || !path.starts_with(before) || !path.ends_with(behind))
    return false;
  const auto segment = path.substr(before.size(), path.size() - before.size() - behind.size());
  return segment.find('/') == std::string_view::npos && percent_decode(segment, named);
}

}  // namespace opslb::admin
