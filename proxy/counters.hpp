// What a worker counts. Written by the worker alone, read by whoever asks, summed there.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "proxy/counter.hpp"
#include "proxy/histogram.hpp"

namespace opslb {

/// Why a connection was closed without an answer.
enum class refused_connection : std::uint8_t {
  proxy_peer,     ///< from outside proxy_protocol_from
  proxy_missing,  ///< no PROXY header
  proxy_invalid,
  proxy_incomplete,  ///< request_head ran out within it, or the peer closed
  per_client,        ///< connections_per_client (answered 429)
  tls_plain_http,    ///< answered 400
  tls_version,
  tls_cipher,
  tls_protocol,         ///< none of the client's by ALPN
  tls_no_certificate,   ///< one is required
  tls_bad_certificate,  ///< of the client, and one is required
  tls_alert,            ///< the client said what it did not like
  tls_timed_out,        ///< request_head ran out within the handshake
  tls_gave_up,          ///< the client went in the middle of it
  tls_other,
  tcp_unserved,  ///< raw TCP that no backend was there for
  count_of_reasons,
};

std::string_view to_text(refused_connection why);

/// What an HTTP/2 client did too much of, so that its connection was ended with ENHANCE_YOUR_CALM.
enum class http2_abuse : std::uint8_t {
  resets,  ///< requests opened and taken back
  continuation,
  settings,
  ping,
  priority,
  window_update,
  empty_data,
  other_frames,  ///< of unknown types
  provoked_resets,
  header_block,  ///< one far over limits.head_bytes
  count_of_reasons,
};

std::string_view to_text(http2_abuse what);

/// [2]: 2xx and so on; [0]: none sent.
using responses_by_class = std::array<counter, 6>;

constexpr std::size_t class_of(unsigned status) { return status / 100 < 6 ? status / 100 : 0; }

/// Of one backend, by one worker. Lives as long as the backend is configured.
struct backend_counts {
  counter requests;              ///< that were given a place there
  responses_by_class responses;  ///< [0]: a request that got none from it
  counter connects;
  counter connect_failures;
  counter retries;    ///< requests that were tried again after an attempt there
  counter bytes_in;   ///< from clients, of requests that are or were last there
  counter bytes_out;  ///< to clients, the same
  counter resting;    ///< connections there that rest in pools, as of a moment ago
  latencies took;     ///< first byte: from the request's turn on the connection; total: from the place taken
};

/// Of one listener, by one worker. Lives as long as the listener is configured.
struct listener_counts {
  counter connections;
  counter connections_ended;
  counter requests;
};

/// Of all that a worker does.
struct counters {
  counter connections;
  counter requests;
  responses_by_class responses;
  counter retries;
  std::array<counter, 600> own_answers;  ///< by status
  counter bytes_in;                      ///< from clients: requests with their heads, before TLS
  counter bytes_out;                     ///< to clients: responses with their heads
  latencies took;                        ///< first byte and total: from the request's head on
  counter handshakes;                    ///< of TLS, that came to an end
  std::array<counter, static_cast<std::size_t>(refused_connection::count_of_reasons)> refused;
  counter http2_connections;
  counter http2_errors;  ///< connections that ended because the client broke the protocol
  std::array<counter, static_cast<std::size_t>(http2_abuse::count_of_reasons)> http2_abuses;
};

}  // namespace opslb
