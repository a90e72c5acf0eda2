// One health check over one new connection: look the name up, connect, shake hands where it is TLS, ask, read the
// answer's head, close. The body is nobody's business. All of it happens within one deadline. Internal to health/:
// includes Asio.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "headers/address.hpp"
#include "health/checker.hpp"
#include "health/lookup.hpp"
#include "health/verdict.hpp"

namespace opslb::health {

/// The request of a check.
std::string probe_request(std::string_view path, std::string_view authority, std::string_view user_agent);

/// What goes out on the connection.
struct probe_plan {
  std::uint16_t port = 0;
  std::string preamble;  ///< a PROXY header, in the clear before everything else, or nothing
  std::string request;
  std::optional<tls_client> tls;
  std::size_t wanted_body = 0;  ///< so much of the answer's body is read at least, if there is so much
};

struct probe_result {
  outcome what;
  std::optional<headers::endpoint> address;  ///< where the name led, also if nobody answered there
  std::string service_version;               ///< what an answer said in X-MongoDB-Service-Version
  bool chunked = false;                      ///< the answer's body is in chunks
  std::string body;  ///< the beginning of the answer's body, as far as it came, if it was wanted
};

/// Ends at the latest when `deadline` expires, which the caller has set; moving it into the past ends the probe at
/// once. All references live longer than the probe.
boost::asio::awaitable<probe_result> probe(name_lookup& name, const probe_plan& plan,
                                           boost::asio::steady_timer& deadline);

}  // namespace opslb::health
