// What Ops Manager would believe about a request's client: the reading of Jetty's ForwardedRequestCustomizer (9.4 to 11,
// as Ops Manager configures it), with all of its trust. A header at the wrong place changes these values here exactly as
// it would there. Pure.
#pragma once

#include <string>

#include "tests/support/simulator/request.hpp"

namespace opslb::simulator {

/// The connection as Jetty's connector sees it.
struct connection_ends {
  std::string peer_address;
  unsigned peer_port = 0;
  std::string local_address;
  unsigned local_port = 0;
};

struct belief {
  std::string client;   ///< getRemoteAddr()
  std::string scheme;   ///< getScheme()
  std::string host;     ///< getServerName()
  unsigned port = 0;    ///< getServerPort()
  bool secure = false;  ///< isSecure()
  std::string error;    ///< not empty: Jetty answers 400 with this reason

  /// scheme://host, with the port where it is not the scheme's own: what redirects are built from.
  std::string origin() const;
};

belief as_jetty_believes(const request& head, const connection_ends& ends);

}  // namespace opslb::simulator
