// TLS towards the backends: what a session is made from, whether the peer's certificate is good, and why not. One per
// worker, and one for the health checks: OpenSSL's contexts have locks, and each keeps the sessions that its own thread
// can resume. Made on the main thread, used by one thread.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/config.hpp"
#include "proxy/tls/openssl.hpp"

namespace opslb::tls {

/// A host as the sessions with it know it.
struct known_backend {
  std::string host;         ///< as the configuration calls it
  std::string name;         ///< that its certificate has to be for
  ssl_session_ptr session;  ///< the last one that can be resumed
};

class client_context {
 public:
  /// Throws std::runtime_error with a sentence for the operator if a file cannot be used.
  explicit client_context(const backend_tls_config& settings);
  client_context(const client_context&) = delete;
  client_context& operator=(const client_context&) = delete;

  /// A session set to connect to `host`, whose certificate has to be for that name (RFC 9110 4.3.4), or for
  /// `server_name` where that is configured. Resumes an earlier session with the same host and port if there is one.
  ssl_ptr new_session(const std::string& host, std::uint16_t port);

 private:
  ssl_ctx_ptr ctx_;
  std::string server_name_;
  std::map<std::pair<std::string, std::uint16_t>, known_backend> backends_;  // their addresses stay
};

/// The record of a session's close_notify, for whoever does without an `engine`. The session writes nothing from there on.
std::string close_notify_of(SSL& session);

/// Why the handshake of one of these sessions failed, for the operator: "certificate is for om1.internal, backend is
/// called ops1". `text`: what OpenSSL said; empty: nothing, the connection was closed.
std::string why_failed(const SSL& session, std::string text);

}  // namespace opslb::tls
