#include "proxy/lane.hpp"

#include <sys/random.h>

#include <cstring>

namespace opslb {
namespace {

/// The finalizer of MurmurHash3: every bit of the input changes half of the output.
std::uint64_t mixed(std::uint64_t x) {
  x ^= x >> 33;
  x *= 0xff51afd7ed558ccdULL;
  x ^= x >> 33;
  x *= 0xc4ceb9fe1a85ec53ULL;
  return x ^ (x >> 33);
}

constexpr std::size_t hex_size = 16;

/// Eight hexadecimal digits, one for each half byte, in an order that nobody asks for.
std::uint64_t hex_digits(std::uint64_t value) {
  constexpr std::uint64_t ones = 0x0101010101010101;
  const std::uint64_t halves = (value & 0x0F0F0F0F) | (value & 0xF0F0F0F0) << 28;
  const std::uint64_t letters = (halves + 6 * ones) >> 4 & ones;  // one where a half byte is above 9
  return halves + '0' * ones + ('a' - '0' - 10) * letters;
}

void write_hex(std::uint64_t value, char* out) {
  const std::uint64_t digits[2] = {hex_digits(value), hex_digits(value >> 32)};
  std::memcpy(out, digits, sizeof digits);
}

}  // namespace

void hand_over_lines(lane& at) {
  at.shared.agents.submit(at.agent_notes);
  access_log::submit(at.access_lines);
}

void make_request_id(lane& at, std::string& out) {
  if (at.request_id_seed == 0) {
    if (::getrandom(&at.request_id_seed, sizeof at.request_id_seed, 0) < 0)
      at.request_id_seed = reinterpret_cast<std::uintptr_t>(&at);
    at.request_id_seed |= 1;
  }
  const std::uint64_t number = ++at.next_request_id;
  out.resize(2 * hex_size);
  write_hex(mixed(at.request_id_seed + number), out.data());
  write_hex(mixed(at.request_id_seed ^ (number * 0x9E3779B97F4A7C15ULL)), out.data() + hex_size);
}

std::string_view to_text(refused_connection why) {
  switch (why) {
    case refused_connection::proxy_peer: return "its address is not in proxy_protocol_from";
    case refused_connection::proxy_missing: return "no PROXY header";
    case refused_connection::proxy_invalid: return "invalid PROXY header";
    case refused_connection::proxy_incomplete: return "incomplete PROXY header";
    case refused_connection::per_client: return "too many connections from one client";
    case refused_connection::tls_plain_http: return "plain HTTP on a TLS port";
    case refused_connection::tls_version: return "TLS: no version in common";
    case refused_connection::tls_cipher: return "TLS: no cipher in common";
    case refused_connection::tls_protocol: return "TLS: no protocol in common (ALPN)";
    case refused_connection::tls_no_certificate: return "TLS: no client certificate";
    case refused_connection::tls_bad_certificate: return "TLS: client certificate not accepted";
    case refused_connection::tls_alert: return "TLS: alert from the client";
    case refused_connection::tls_timed_out: return "TLS: handshake not complete in time";
    case refused_connection::tls_gave_up: return "TLS: the client left in the handshake";
    case refused_connection::tls_other: return "TLS: handshake failed";
    case refused_connection::tcp_unserved: return "no host for raw TCP";
    case refused_connection::count_of_reasons: break;
  }
  return "";
}

std::string_view to_text(http2_abuse what) {
  switch (what) {
    case http2_abuse::resets: return "too many requests opened and taken back";
    case http2_abuse::continuation: return "CONTINUATION flood";
    case http2_abuse::settings: return "SETTINGS flood";
    case http2_abuse::ping: return "PING flood";
    case http2_abuse::priority: return "PRIORITY flood";
    case http2_abuse::window_update: return "WINDOW_UPDATE flood";
    case http2_abuse::empty_data: return "flood of empty DATA";
    case http2_abuse::other_frames: return "flood of unknown frames";
    case http2_abuse::provoked_resets: return "too many streams that had to be reset";
    case http2_abuse::header_block: return "header block far too large";
    case http2_abuse::count_of_reasons: break;
  }
  return "";
}

}  // namespace opslb
