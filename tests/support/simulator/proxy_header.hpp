// Reads the PROXY protocol header (v1 and v2) that a load balancer may put in front of a connection. Written apart from
// opslb's own parser, so that the tests do not check it against itself. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace opslb::simulator {

struct proxy_header {
  int version = 0;
  std::string kind;    ///< "TCP4", "TCP6", "UNIX", "UNKNOWN" or "LOCAL"
  std::string source;  ///< address alone, empty where the kind has none
  std::string destination;
  unsigned source_port = 0;
  unsigned destination_port = 0;
};

enum class proxy_header_state { incomplete, complete, invalid };

/// `size`: bytes of the header, once complete.
proxy_header_state parse_proxy_header(std::string_view bytes, proxy_header& header, std::size_t& size);

}  // namespace opslb::simulator
