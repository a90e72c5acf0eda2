#include "headers/target.hpp"

#include <algorithm>

#include "headers/address.hpp"
#include "headers/characters.hpp"
#include "headers/known_field.hpp"

namespace opslb::headers {
namespace {

bool parse_port(std::string_view text, std::uint16_t& port) {
  if (text.size() > 5) return false;
  unsigned number = 0;
  for (const char c : text) {
    if (!is(digit, c)) return false;
    number = number * 10 + static_cast<unsigned>(c - '0');
  }
  port = static_cast<std::uint16_t>(number);
  return number != 0 && number <= 0xFFFF;
}

/// Length of the host at the front of an authority; 0 if there is none.
std::size_t host_length(std::string_view text) {
  if (!text.starts_with('[')) {
    const char* const begin = text.data();
    return static_cast<std::size_t>(skip(host_character, begin, begin + text.size()) - begin);
  }
  const auto bracket = text.find(']');
  if (bracket == std::string_view::npos) return 0;
  const auto inside = text.substr(1, bracket - 1);
  // A colon makes inet_pton read IPv6; "[192.0.2.1]" is no IP-literal (RFC 3986 3.2.2).
  const bool is_ipv6 = inside.find(':') != std::string_view::npos && ip_address::parse(inside);
  return is_ipv6 ? bracket + 1 : 0;
}

/// Length of "http://" or "https://" at the front (schemes are case-insensitive, RFC 3986 3.1); 0 for anything else.
std::size_t scheme_length(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (equals_ignoring_case(target.substr(0, scheme.size()), scheme)) return scheme.size();
  }
  return 0;
}

bool parse_absolute(std::string_view target, bool is_options, parsed_target& out) {
  const auto scheme = scheme_length(target);
  if (scheme == 0) return false;
  const auto rest = target.substr(scheme);
  const auto path = std::min(rest.find_first_of("/?"), rest.size());
  out.form = target_form::absolute;
  out.origin = rest.substr(path);
  if (out.origin.empty()) out.origin = is_options ? "*" : "/";  // RFC 9112 3.2.4
  out.prefix_slash = out.origin.starts_with('?');
  return parse_authority(rest.substr(0, path), out.from_target);
}

}  // namespace

bool parse_authority(std::string_view text, authority& out) {
  const auto length = host_length(text);
  if (length == 0) return false;
  out = {.text = text, .host = text.substr(0, length)};
  if (length == text.size()) return true;
  return text[length] == ':' && parse_port(text.substr(length + 1), out.port);
}

bool parse_target(std::string_view target, bool is_options, bool is_connect, parsed_target& out) {
  out = {};
  const char* const begin = target.data();
  const char* const end = begin + target.size();
  if (begin == end || skip_target(begin, begin, end) != end) return false;
  out.origin = target;
  if (is_connect) {
    out.form = target_form::authority;
    return parse_authority(target, out.from_target) && out.from_target.port != 0;
  }
  if (target.front() == '/') return true;
  if (target == "*") {
    out.form = target_form::asterisk;
    return is_options;
  }
  return parse_absolute(target, is_options, out);
}

}  // namespace opslb::headers
