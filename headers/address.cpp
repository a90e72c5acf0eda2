#include "headers/address.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace opslb::headers {
namespace {

constexpr std::array<std::uint8_t, 12> mapped_prefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

/// Decimal without sign or leading zeros, at most `max`.
std::optional<unsigned> parse_bits(std::string_view text, unsigned max) {
  if (text.empty() || (text.size() > 1 && text.front() == '0')) return std::nullopt;
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value > max) return std::nullopt;
  return value;
}

/// True if no bit behind the first `bits` is set.
bool is_clear_behind(std::span<const std::uint8_t> bytes, unsigned bits) {
  for (std::size_t i = bits / 8; i < bytes.size(); ++i) {
    const unsigned kept = i == bits / 8 ? bits % 8 : 0;
    if ((bytes[i] & (0xFFU >> kept)) != 0) return false;
  }
  return true;
}

}  // namespace

ip_address ip_address::v4(std::array<std::uint8_t, 4> bytes) {
  ip_address result;
  std::copy(bytes.begin(), bytes.end(), result.bytes_.begin());
  return result;
}

ip_address ip_address::v6(const std::array<std::uint8_t, 16>& bytes) {
  if (std::equal(mapped_prefix.begin(), mapped_prefix.end(), bytes.begin())) {
    return v4({bytes[12], bytes[13], bytes[14], bytes[15]});
  }
  ip_address result;
  result.bytes_ = bytes;
  result.is_v4_ = false;
  return result;
}

bool ip_address::is_loopback() const {
  constexpr std::array<std::uint8_t, 16> v6_loopback = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  return is_v4_ ? bytes_[0] == 127 : bytes_ == v6_loopback;
}

std::optional<ip_address> ip_address::parse(std::string_view text) {
  text_buffer terminated;
  if (text.size() >= terminated.size() || text.find('\0') != std::string_view::npos) return std::nullopt;
  *std::copy(text.begin(), text.end(), terminated.begin()) = '\0';
  if (text.find(':') == std::string_view::npos) {
    std::array<std::uint8_t, 4> bytes;
    if (inet_pton(AF_INET, terminated.data(), bytes.data()) != 1) return std::nullopt;
    return v4(bytes);
  }
  std::array<std::uint8_t, 16> bytes;
  if (inet_pton(AF_INET6, terminated.data(), bytes.data()) != 1) return std::nullopt;
  return v6(bytes);
}

std::string_view ip_address::write(text_buffer& buffer) const {
  inet_ntop(is_v4_ ? AF_INET : AF_INET6, bytes_.data(), buffer.data(), static_cast<socklen_t>(buffer.size()));
  return {buffer.data(), std::strlen(buffer.data())};
}

std::string ip_address::to_string() const {
  text_buffer buffer;
  return std::string(write(buffer));
}

std::string endpoint::to_string() const {
  const auto host = address.to_string();
  return (address.is_v4() ? host : '[' + host + ']') + ':' + std::to_string(port);
}

std::optional<network> network::parse(std::string_view text) {
  const auto slash = text.find('/');
  const auto address = ip_address::parse(text.substr(0, slash));
  if (!address) return std::nullopt;
  const bool written_as_v6 = text.substr(0, slash).find(':') != std::string_view::npos;

  network result;
  result.address_ = *address;
  result.bits_ = address->is_v4() ? 32 : 128;
  if (slash == std::string_view::npos) return result;

  const auto bits = parse_bits(text.substr(slash + 1), written_as_v6 ? 128 : 32);
  const unsigned mapped = written_as_v6 && address->is_v4() ? 96 : 0;  // "::ffff:10.0.0.0/104" is 10.0.0.0/8
  if (!bits || *bits < mapped || !is_clear_behind(address->bytes(), *bits - mapped)) return std::nullopt;
  result.bits_ = *bits - mapped;
  return result;
}

bool network::contains(const ip_address& address) const {
  if (address.is_v4() != address_.is_v4()) return false;
  const auto mine = address_.bytes();
  const auto theirs = address.bytes();
  const auto whole = bits_ / 8;
  if (!std::equal(mine.begin(), mine.begin() + whole, theirs.begin())) return false;
  const auto rest = bits_ % 8;
  return rest == 0 || ((mine[whole] ^ theirs[whole]) >> (8 - rest)) == 0;
}

std::string network::to_string() const { return address_.to_string() + '/' + std::to_string(bits_); }

bool contains(std::span<const network> networks, const ip_address& address) {
  return std::any_of(networks.begin(), networks.end(), [&](const network& n) { return n.contains(address); });
}

}  // namespace opslb::headers
