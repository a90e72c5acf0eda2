// One request head as it came over the wire. Written apart from opslb's own parser on purpose: what the tests see must not
// depend on the code they test.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace opslb::simulator {

struct header_line {
  std::string_view name;
  std::string_view value;
};

/// Views into `raw`, which it owns; reused from request to request.
struct request {
  request() = default;
  request(const request&) = delete;
  request& operator=(const request&) = delete;

  std::string raw;
  std::string_view method;
  std::string_view target;
  std::string_view path;   ///< the target's path, as sent: in absolute form without scheme and authority
  std::string_view query;  ///< behind the question mark
  bool http_1_0 = false;
  std::vector<header_line> headers;

  /// Value of the first line of that name; empty without one.
  std::string_view header(std::string_view name) const;
  std::size_t count(std::string_view name) const;
};

/// Parses `head.raw`, which ends with the empty line. False for what is no HTTP/1 request head.
bool parse_request(request& head);

/// One header line, without its line end.
std::optional<header_line> parse_header_line(std::string_view line);

bool same_name(std::string_view a, std::string_view b);
std::string_view without_blanks(std::string_view text);

/// True if a comma-separated list names `token`, in any case.
bool lists(std::string_view value, std::string_view token);

/// The decoded value of a parameter of the query string; nothing without it.
std::optional<std::string> parameter(const request& head, std::string_view name);

}  // namespace opslb::simulator
