// What a worker counts. Written by the worker alone, read by whoever asks, summed there.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

namespace opslb {

/// One writer, any reader: an increment is a plain load and store.
class counter {
 public:
  void operator++() { value_.store(value_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed); }
  std::uint64_t get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

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

struct counters {
  counter connections;
  counter requests;
  std::array<counter, 6> responses_by_class;  ///< [2]: 2xx and so on; [0]: none sent
  counter retries;
  counter own_answers;
  counter handshakes;  ///< of TLS, that came to an end
  std::array<counter, static_cast<std::size_t>(refused_connection::count_of_reasons)> refused;
  counter http2_connections;
  counter http2_errors;  ///< connections that ended because the client broke the protocol
  std::array<counter, static_cast<std::size_t>(http2_abuse::count_of_reasons)> http2_abuses;
};

}  // namespace opslb
