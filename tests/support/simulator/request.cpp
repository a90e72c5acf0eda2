#include "tests/support/simulator/request.hpp"

#include <algorithm>
#include <charconv>

namespace opslb::simulator {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool parse_request_line(std::string_view line, request& head) {
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == 0 || first == std::string_view::npos || last <= first + 1) return false;
  const auto version = line.substr(last + 1);
  if (version != "HTTP/1.1" && version != "HTTP/1.0") return false;

  head.method = line.substr(0, first);
  head.target = line.substr(first + 1, last - first - 1);
  head.http_1_0 = version == "HTTP/1.0";
  return true;
}

void split_target(request& head) {
  head.path = head.target;
  // RFC 9112 3.2.2: a server must accept the absolute form.
  if (const auto scheme = head.path.find("://"); scheme != std::string_view::npos && head.path.front() != '/') {
    const auto slash = head.path.find('/', scheme + 3);
    head.path = slash == std::string_view::npos ? std::string_view{"/"} : head.path.substr(slash);
  }
  const auto question = head.path.find('?');
  head.query = question == std::string_view::npos ? std::string_view{} : head.path.substr(question + 1);
  head.path = head.path.substr(0, question);
}

std::string percent_decoded(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned char byte = 0;
    const auto* hex = text.data() + i + 1;
    if (text[i] == '%' && i + 2 < text.size() && std::from_chars(hex, hex + 2, byte, 16).ptr == hex + 2) {
      result += static_cast<char>(byte);
      i += 2;
    } else {
      result += text[i] == '+' ? ' ' : text[i];
    }
  }
  return result;
}

}  // namespace

bool same_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view without_blanks(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

bool lists(std::string_view value, std::string_view token) {
  while (!value.empty()) {
    const auto comma = value.find(',');
    if (same_name(without_blanks(value.substr(0, comma)), token)) return true;
    value = comma == std::string_view::npos ? std::string_view{} : value.substr(comma + 1);
  }
  return false;
}

std::string_view request::header(std::string_view name) const {
  for (const auto& line : headers) {
    if (same_name(line.name, name)) return line.value;
  }
  return {};
}

std::size_t request::count(std::string_view name) const {
  return static_cast<std::size_t>(std::count_if(headers.begin(), headers.end(),
                                                [&](const header_line& line) { return same_name(line.name, name); }));
}

std::optional<header_line> parse_header_line(std::string_view line) {
  const auto colon = line.find(':');
  if (colon == 0 || colon == std::string_view::npos) return std::nullopt;
  const auto name = line.substr(0, colon);
  if (name.find_first_of(" \t") != std::string_view::npos) return std::nullopt;
  return header_line{name, without_blanks(line.substr(colon + 1))};
}

bool parse_request(request& head) {
  head.headers.clear();
  std::string_view rest = head.raw;
  bool first = true;
  while (true) {
    const auto end = rest.find("\r\n");
    if (end == std::string_view::npos) return false;
    const auto line = rest.substr(0, end);
    rest.remove_prefix(end + 2);
    if (line.empty()) return !first;
    if (line.find_first_of(std::string_view{"\r\n\0", 3}) != std::string_view::npos) return false;
    if (first) {
      if (!parse_request_line(line, head)) return false;
      split_target(head);
      first = false;
      continue;
    }
    const auto header = parse_header_line(line);
    if (!header) return false;
    head.headers.push_back(*header);
  }
}

std::optional<std::string> parameter(const request& head, std::string_view name) {
  auto rest = head.query;
  while (!rest.empty()) {
    const auto pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
    const auto equals = pair.find('=');
    if (pair.substr(0, equals) != name) continue;
    return equals == std::string_view::npos ? std::string{} : percent_decoded(pair.substr(equals + 1));
  }
  return std::nullopt;
}

}  // namespace opslb::simulator
