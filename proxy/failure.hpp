// What went wrong with an attempt at a backend, as a value: the phase, and what happened. judge.hpp decides by it.
#pragma once

#include <cstdint>
#include <string_view>

namespace opslb {

/// How far the attempt had come.
enum class attempt_phase : std::uint8_t {
  connecting,       ///< no connection yet
  nothing_written,  ///< it stood, but no byte of the request was taken
  written,          ///< request bytes were written, no byte of the answer has come
  answering,        ///< some byte of the answer came, but nothing was passed on
  passed_on,        ///< the response began towards the client
};

enum class failure_cause : std::uint8_t {
  none,
  connect_failed,  ///< refused, unreachable, no address
  connect_timed_out,
  died,              ///< the backend closed or reset the connection
  idle,              ///< timeouts.idle ran out
  not_http,          ///< the answer was no HTTP response, or a head over the limit
  client_gone,       ///< the client closed, reset, or broke its body off
  client_idle,       ///< timeouts.idle ran out while the client owed body bytes
  client_malformed,  ///< the request body was malformed
  client_too_large,  ///< the request body went over limits.body_bytes
  cut_by_us,         ///< timeouts.drain, or the listener is gone
};

struct failure {
  failure_cause cause = failure_cause::none;
  attempt_phase phase = attempt_phase::connecting;
  /// A constant text for the log: "connection refused", "Content-Length is repeated", …
  std::string_view detail;
};

/// Of any but none.
std::string_view to_text_of_failure(failure_cause cause);

/// As the access log says it.
inline std::string_view to_text(failure_cause cause) {
  return cause == failure_cause::none ? std::string_view("done") : to_text_of_failure(cause);
}

}  // namespace opslb
