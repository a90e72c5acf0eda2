#include "headers/characters.hpp"
#include "headers/target.hpp"

namespace opslb::headers {
namespace {

unsigned hex_value(char c) {
  if (is(digit, c)) return static_cast<unsigned>(c - '0');
  return static_cast<unsigned>(to_lower(c) - 'a') + 10;
}

bool is_escape_at(std::string_view text, std::size_t i) {
  return text[i] == '%' && i + 2 < text.size() && is(hex_digit, text[i + 1]) && is(hex_digit, text[i + 2]);
}

/// Jetty 9 takes %u0061 for an "a".
bool is_wide_escape_at(std::string_view text, std::size_t i) {
  const auto digits = text.substr(i + 1).substr(0, 5);
  return digits.size() == 5 && to_lower(digits.front()) == 'u' && all_of(hex_digit, digits.substr(1));
}

bool has_escape(std::string_view text) {
  for (auto i = text.find('%'); i != std::string_view::npos; i = text.find('%', i + 1)) {
    if (is_escape_at(text, i) || is_wide_escape_at(text, i)) return true;
  }
  return false;
}

/// Nothing to decode, to cut off, to merge or to resolve: true of nearly every path there is.
bool is_plain(std::string_view path) {
  const char* at = path.data();
  const char* const end = at + path.size();
  do {
    if (at == end || *at != '/') return false;
    ++at;
    if (at != end && (*at == '/' || *at == '.')) return false;
    at = skip(plain_character, at, end);
  } while (at != end);
  return true;
}

/// Percent-decoded once. `separators`: an escape stood for '/' or ';'.
std::string decoded(std::string_view path, bool& separators) {
  std::string result;
  result.reserve(path.size());
  for (std::size_t i = 0; i < path.size(); ++i) {
    char c = path[i];
    if (is_escape_at(path, i)) {
      c = static_cast<char>(hex_value(path[i + 1]) * 16 + hex_value(path[i + 2]));
      separators |= c == '/' || c == ';';
      i += 2;
    }
    result += c;
  }
  return result;
}

/// Without parameters, empty segments and dot segments (RFC 3986 5.2.4). `climbs`: there was a "..".
std::string resolved(std::string_view path, bool& climbs) {
  std::string result;
  result.reserve(path.size() + 1);
  while (!path.empty()) {
    const auto whole = path.substr(0, path.find('/'));
    const bool is_last = whole.size() == path.size();
    path.remove_prefix(is_last ? whole.size() : whole.size() + 1);
    const auto segment = whole.substr(0, whole.find(';'));
    climbs |= segment == "..";
    if (segment == "..") {
      result.resize(result.empty() ? 0 : result.rfind('/'));
    } else if (!segment.empty() && segment != ".") {
      result += '/';
      result += segment;
    }
    const bool names_a_directory = !is_last || segment.empty() || segment == "." || segment == "..";
    if (path.empty() && names_a_directory) result += '/';
  }
  if (result.empty()) result = '/';
  return result;
}

}  // namespace

plain_path::plain_path(std::string_view target) : view_(target.substr(0, target.find('?'))) {
  if (is_plain(view_)) return;
  copied_ = true;
  bool separators = false;
  bool climbs = false;
  const auto once = decoded(view_, separators);
  copy_ = resolved(once, climbs);
  const bool has_parameters = view_.find(';') != std::string_view::npos;
  // "/agents/..%3Bx" and the like: what it means depends on whether a server splits or decodes first. Servers differ.
  decodes_further_ = has_escape(once) || (separators && (climbs || has_parameters));
}

bool plain_path::is_under(std::string_view prefix) const {
  const auto path = text();
  if (path.starts_with(prefix)) return true;
  // A servlet mapped to "/agents/*" answers "/agents" too.
  if (prefix.ends_with('/') && path == prefix.substr(0, prefix.size() - 1)) return true;
  return decodes_further_ && std::string_view("/agents/").starts_with(prefix);
}

}  // namespace opslb::headers
