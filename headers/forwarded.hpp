// Who the client is and what the application is told about it (contract 3): one pure function from the request, the
// connection and the trust list to the identity, from which all forwarded lines are written anew. Why so strictly:
// Jetty believes the leftmost element of the first X-Forwarded-For line, so nothing that a client sent may stay.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "headers/address.hpp"
#include "headers/framing.hpp"
#include "headers/message.hpp"

namespace opslb::headers {

/// The connection a request came over, as its listener knows it. Made once per connection.
struct peer {
  endpoint client;          ///< the PROXY header's source where there is one, else the TCP peer
  std::string client_text;  ///< client.address as text, made once
  endpoint local;           ///< the address the client connected to
  bool tls = false;
};

/// The `forwarded` part of the configuration, ready to use.
struct forwarding_rules {
  std::string client_ip_header = "X-Forwarded-For";
  std::vector<network> trusted_proxies;
  std::string server_name;  ///< never empty
};

/// What the backend is told. Views into the request, the peer, or this object's own storage; move it not.
struct identity {
  identity() = default;
  identity(const identity&) = delete;
  identity& operator=(const identity&) = delete;

  ip_address client;
  std::string_view client_text;
  std::string_view host;  ///< X-Forwarded-Host; for the Host line see `to_backend`
  std::uint16_t port = 0;
  bool https = false;

  std::string storage;       ///< owns what is no view into the request
  std::string host_storage;  ///< the local address and port, where the request named no host; also for the Host line
};

/// HTTP/1.0 without Host is given the connection's local address and port.
void identify(const request_head& head, const request_facts& facts, const peer& from, const forwarding_rules& rules,
              identity& out);

}  // namespace opslb::headers
