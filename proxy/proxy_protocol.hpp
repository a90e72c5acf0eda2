// The PROXY protocol, versions 1 and 2: a parser for the header in front of a client's connection and a writer for
// connections to backends. Follows "The PROXY protocol, Versions 1 & 2" (haproxy.org), whose sections are quoted. Pure:
// bytes and values only.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "headers/address.hpp"
#include "proxy/config.hpp"

namespace opslb::proxy_protocol {

/// The longest header there is, of version 2: its length is a number of 16 bits (2.2). v1: 107 bytes with the CRLF (2.1).
inline constexpr std::size_t max_header = 16 + 65'535;

enum class state { incomplete, complete, refused };

/// The two ends of the connection that the proxy in front accepted.
struct ends {
  headers::endpoint source;
  headers::endpoint destination;
};

struct result {
  state what = state::incomplete;
  std::size_t size = 0;            ///< complete: header bytes to be consumed; the connection's own bytes follow
  std::optional<ends> connection;  ///< complete: absent for LOCAL, UNKNOWN, UNIX and UNSPEC: use the TCP peer
  std::string_view reason;         ///< refused: a short constant text, also the label it is counted under
};

/// Looks at all bytes received so far. Refuses as soon as a prefix cannot become a header.
result parse(std::string_view bytes);

/// The header that announces `connection`; absent: LOCAL (v2) or UNKNOWN (v1), as for health checks. Ends of different
/// address families are announced as IPv6 with the IPv4 one mapped in v2, and as UNKNOWN in v1. `off` gives an empty string.
std::string write(proxy_protocol_version version, const std::optional<ends>& connection);

}  // namespace opslb::proxy_protocol
