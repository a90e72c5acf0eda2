// IP addresses and networks as plain values: what the identity rules, the PROXY protocol and the balancer compare.
// An IPv4-mapped IPv6 address is IPv4 everywhere, so it becomes IPv4 where it enters. No sockets here.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace opslb::headers {

/// One IPv4 or IPv6 address, never an IPv4-mapped one. Zone identifiers are not kept.
class ip_address {
 public:
  /// 0.0.0.0
  ip_address() = default;

  static ip_address v4(std::array<std::uint8_t, 4> bytes);
  /// An IPv4-mapped address (RFC 4291 2.5.5.2) gives the IPv4 address in it.
  static ip_address v6(const std::array<std::uint8_t, 16>& bytes);
  /// The textual forms of inet_pton, nothing else: no port, brackets, zone or blanks.
  static std::optional<ip_address> parse(std::string_view text);

  bool is_v4() const { return is_v4_; }
  /// 127.0.0.0/8 or ::1: only this machine can reach it.
  bool is_loopback() const;
  /// 4 or 16 bytes in network order; valid while the address lives.
  std::span<const std::uint8_t> bytes() const { return {bytes_.data(), is_v4_ ? std::size_t{4} : std::size_t{16}}; }
  /// As in X-Forwarded-For: IPv6 compressed (RFC 5952) and without brackets.
  std::string to_string() const;
  /// The same into memory of the caller, ended by NUL.
  using text_buffer = std::array<char, 46>;
  std::string_view write(text_buffer& buffer) const;

  friend bool operator==(const ip_address& a, const ip_address& b) {  // in words, not by a call of memcmp()
    const auto words_of = [](const ip_address& address) {
      std::array<std::uint64_t, 2> words;
      std::memcpy(words.data(), address.bytes_.data(), sizeof words);
      return words;
    };
    const auto [a_high, a_low] = words_of(a);
    const auto [b_high, b_low] = words_of(b);
    return ((a_high ^ b_high) | (a_low ^ b_low)) == 0 && a.is_v4_ == b.is_v4_;
  }

 private:
  std::array<std::uint8_t, 16> bytes_{};
  bool is_v4_ = true;
};

/// An address and a port, as a socket or the PROXY protocol names them.
struct endpoint {
  ip_address address;
  std::uint16_t port = 0;

  /// "192.0.2.1:80" or "[2001:db8::1]:80".
  std::string to_string() const;
  friend bool operator==(const endpoint&, const endpoint&) = default;
};

/// A CIDR block. A bare address counts as a block of one.
class network {
 public:
  /// nullopt for anything but ADDRESS or ADDRESS/BITS. Host bits that are set are refused too: `10.0.0.1/8` is more
  /// likely a mistake than a network.
  static std::optional<network> parse(std::string_view text);

  bool contains(const ip_address& address) const;
  std::string to_string() const;
  friend bool operator==(const network&, const network&) = default;

 private:
  ip_address address_;
  unsigned bits_ = 32;
};

/// True if any of the networks contains the address.
bool contains(std::span<const network> networks, const ip_address& address);

}  // namespace opslb::headers
