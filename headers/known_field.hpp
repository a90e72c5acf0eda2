// The table of header field names that mean something to opslb, with what becomes of each. Everything else passes
// through untouched. Pure; looked up once per field line while parsing.
#pragma once

#include <cstdint>
#include <string_view>

namespace opslb::headers {

/// Names that some rule asks for by identity. Matched exactly but for case.
enum class field_id : std::uint8_t {
  other,
  accept,
  authorization,
  connection,
  content_length,
  cookie,
  expect,
  host,
  keep_alive,
  max_forwards,
  te,
  traceparent,
  trailer,
  transfer_encoding,
  upgrade,
  user_agent,
  referer,
  via,
  x_forwarded_for,
  x_forwarded_host,
  x_forwarded_port,
  x_forwarded_proto,
  x_proxied_https,
  x_request_id,
  x_mongodb_service_version,
};

struct known_field {
  field_id id = field_id::other;
  /// Belongs to one connection (RFC 9110 7.6.1): removed both ways, written anew where it is needed.
  bool hop_by_hop : 1 = false;
  /// Says something of the client, host or scheme (contract 3): only opslb's own line reaches the backend. Also set for
  /// names that become one of these once `_` and `.` are read as `-`.
  bool identity : 1 = false;
  /// Must not come in a trailer (RFC 9110 6.5.1): framing, routing, authentication, request modifiers, content format.
  bool never_in_trailer : 1 = false;
};

known_field classify(std::string_view name);

namespace detail {
// Of texts that are equally long, which most are not.
bool equal_ignoring_case(std::string_view a, std::string_view b);
bool equal_when_folded(std::string_view a, std::string_view b);
}  // namespace detail

/// ASCII only (RFC 9110 5.1: field names are case-insensitive).
inline bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() && detail::equal_ignoring_case(a, b);
}

/// The same with `_`, `.` and `-` read as one: CGI-like applications cannot tell such names apart.
inline bool is_spelling_of(std::string_view name, std::string_view wanted) {
  return name.size() == wanted.size() && detail::equal_when_folded(name, wanted);
}

}  // namespace opslb::headers
