#include "proxy/proxy_protocol.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

#include "proxy/crc32c.hpp"

namespace opslb::proxy_protocol {
namespace {

using headers::endpoint;
using headers::ip_address;
using namespace std::string_view_literals;

result refuse(std::string_view reason) { return {state::refused, 0, std::nullopt, reason}; }

/// Whichever is shorter is the beginning of the other.
bool begins_alike(std::string_view a, std::string_view b) {
  const auto common = std::min(a.size(), b.size());
  return a.substr(0, common) == b.substr(0, common);
}

// --- version 1 ------------------------------------------------------------------------------------------------------

constexpr std::string_view v1_signature = "PROXY ";
constexpr std::size_t v1_longest = 107;  // 2.1: "worst case", CRLF included

/// Takes the word up to the next space, and that space, off `rest`. 2.1: "exactly one space".
std::string_view take_word(std::string_view& rest) {
  const auto end = std::min(rest.find(' '), rest.size());
  const auto word = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return word;
}

/// 2.1: "a decimal integer in the range [0..65535] inclusive. Heading zeroes are not permitted".
std::optional<std::uint16_t> parse_port(std::string_view digits) {
  std::uint16_t port = 0;
  if (digits.empty() || (digits.size() > 1 && digits.front() == '0')) return std::nullopt;
  const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (failure != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return port;
}

/// 2.1: "The advertised protocol family dictates what format to use." ip_address::parse takes no heading zeroes either.
std::optional<ip_address> parse_address(std::string_view text, bool wants_v4) {
  const bool is_v4 = text.find(':') == std::string_view::npos;
  return is_v4 == wants_v4 ? ip_address::parse(text) : std::nullopt;
}

/// `line`: what stands between "PROXY " and CRLF.
result parse_v1_line(std::string_view line, std::size_t size) {
  const auto family = take_word(line);
  // 2.1: "the receiver must ignore anything presented before the CRLF is found".
  if (family == "UNKNOWN") return {state::complete, size, std::nullopt, {}};
  if (family != "TCP4" && family != "TCP6") return refuse("v1 family");

  const bool v4 = family == "TCP4";
  const auto source = parse_address(take_word(line), v4);
  const auto destination = parse_address(take_word(line), v4);
  if (!source || !destination) return refuse("v1 address");
  const auto source_port = parse_port(take_word(line));
  // The last word: a space behind it would be part of the port, and refused.
  const auto destination_port = parse_port(line);
  if (!source_port || !destination_port) return refuse("v1 port");
  return {state::complete, size, ends{{*source, *source_port}, {*destination, *destination_port}}, {}};
}

bool may_become_v1_family(std::string_view line) {
  return begins_alike(line, "TCP4 ") || begins_alike(line, "TCP6 ") || begins_alike(line, "UNKNOWN ");
}

result parse_v1(std::string_view bytes) {
  const auto within = bytes.substr(0, v1_longest);
  const auto line = within.substr(std::min(v1_signature.size(), within.size()));
  const auto line_end = line.find_first_of("\r\n"sv);
  if (!may_become_v1_family(line.substr(0, line_end))) return refuse("v1 family");
  if (line_end == std::string_view::npos) {
    // 2.1: "If the CRLF sequence is not found in the first 107 characters, the receiver should declare the line invalid."
    return bytes.size() >= v1_longest ? refuse("v1 line too long") : result{};
  }
  // 2.1: "must not tolerate a single CR or LF character to end the line".
  if (line[line_end] == '\n') return refuse("v1 line end");
  if (line_end + 1 == line.size()) return within.size() == v1_longest ? refuse("v1 line too long") : result{};
  if (line[line_end + 1] != '\n') return refuse("v1 line end");
  return parse_v1_line(line.substr(0, line_end), v1_signature.size() + line_end + 2);
}

// --- version 2 ------------------------------------------------------------------------------------------------------

constexpr std::string_view v2_signature = "\r\n\r\n\0\r\nQUIT\n"sv;
constexpr std::size_t v2_fixed = 16;
constexpr std::size_t tlv_fixed = 3;
constexpr std::uint8_t tlv_crc32c = 0x03;
constexpr std::string_view bad_tlv = "v2 TLV";
constexpr std::string_view bad_checksum = "v2 checksum";

std::uint8_t byte_at(std::string_view bytes, std::size_t at) { return static_cast<std::uint8_t>(bytes[at]); }

std::uint16_t number_at(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint16_t>((byte_at(bytes, at) << 8) | byte_at(bytes, at + 1));
}

template <std::size_t Size>
ip_address address_at(std::string_view bytes, std::size_t at) {
  std::array<std::uint8_t, Size> raw;
  std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), Size, raw.begin());
  if constexpr (Size == 4) {
    return ip_address::v4(raw);
  } else {
    return ip_address::v6(raw);
  }
}

/// 2.2: source address, destination address, source port, destination port.
template <std::size_t Size>
ends ends_in(std::string_view block) {
  return {{address_at<Size>(block, 0), number_at(block, 2 * Size)},
          {address_at<Size>(block, Size), number_at(block, 2 * Size + 2)}};
}

/// What the 14th byte announces.
struct announcement {
  bool valid = false;
  bool unspecified = false;  ///< UNSPEC in either half: what the block holds is not known
  bool has_tcp_ends = false;
  std::size_t address_size = 0;
};

/// 2.2: "other values ... must be rejected as invalid by receivers". Valid ones that are not TCP, UNIX sockets and
/// datagrams, fall back to UNSPEC as far as addresses go.
announcement announced(std::uint8_t byte) {
  constexpr std::array<std::size_t, 4> sizes = {0, 12, 36, 216};  // UNSPEC, INET, INET6, UNIX
  const unsigned family = byte >> 4U;
  const unsigned protocol = byte & 0x0FU;
  if (family > 3 || protocol > 2) return {};
  const bool inet = family == 1 || family == 2;
  return {true, family == 0 || protocol == 0, inet && protocol == 1, sizes[family]};
}

/// 2.2.3: the checksum is that of the whole header with zeros in the checksum's place.
bool checksum_fits(std::string_view header, std::size_t value_at) {
  crc32c sum;
  sum.add(header.substr(0, value_at));
  sum.add("\0\0\0\0"sv);
  sum.add(header.substr(value_at + 4));
  return sum.value() == (std::uint32_t{number_at(header, value_at)} << 16U | number_at(header, value_at + 2));
}

/// Walks the TLVs from `at` to the header's end. Empty if all is well, else the reason for a refusal.
std::string_view check_tlvs(std::string_view header, std::size_t at) {
  while (at < header.size()) {
    if (header.size() - at < tlv_fixed) return bad_tlv;
    const auto type = byte_at(header, at);
    const std::size_t length = number_at(header, at + 1);
    at += tlv_fixed;
    if (header.size() - at < length) return bad_tlv;
    if (type == tlv_crc32c) {
      if (length != 4) return bad_tlv;
      if (!checksum_fits(header, at)) return bad_checksum;
    }
    at += length;
  }
  return {};
}

/// `header`: all of it. 2.2, LOCAL: "discard the protocol block including the family which is ignored"; UNSPEC: "should
/// ignore address information". So what is there need not be TLVs; but a checksum that is there must be right (2.2.3).
result finish_without_ends(std::string_view header, const announcement& what) {
  const auto at = std::min(v2_fixed + what.address_size, header.size());
  if (check_tlvs(header, at) == bad_checksum) return refuse(bad_checksum);
  return {state::complete, header.size(), std::nullopt, {}};
}

result finish(std::string_view header, const announcement& what) {
  if (const auto wrong = check_tlvs(header, v2_fixed + what.address_size); !wrong.empty()) return refuse(wrong);
  if (!what.has_tcp_ends) return {state::complete, header.size(), std::nullopt, {}};
  const auto block = header.substr(v2_fixed);
  return {state::complete, header.size(), what.address_size == 12 ? ends_in<4>(block) : ends_in<16>(block), {}};
}

result parse_v2(std::string_view bytes) {
  if (bytes.size() < 13) return {};
  const unsigned version = byte_at(bytes, 12) >> 4U;
  const unsigned command = byte_at(bytes, 12) & 0x0FU;
  if (version != 2) return refuse("v2 version");
  // 2.2: "Receivers must drop connections presenting unexpected values here."
  if (command > 1) return refuse("v2 command");
  if (bytes.size() < 14) return {};
  const bool local = command == 0;
  const auto what = announced(byte_at(bytes, 13));
  if (!local && !what.valid) return refuse("v2 family");
  if (bytes.size() < v2_fixed) return {};

  const bool has_ends = !local && !what.unspecified;
  const std::size_t size = v2_fixed + number_at(bytes, 14);
  if (has_ends && size < v2_fixed + what.address_size) return refuse("v2 length");
  if (bytes.size() < size) return {};
  const auto header = bytes.substr(0, size);
  return has_ends ? finish(header, what) : finish_without_ends(header, what);
}

// --- writing --------------------------------------------------------------------------------------------------------

std::string write_v1(const std::optional<ends>& connection) {
  if (!connection || connection->source.address.is_v4() != connection->destination.address.is_v4()) {
    return "PROXY UNKNOWN\r\n";
  }
  const auto& [source, destination] = *connection;
  std::string line = source.address.is_v4() ? "PROXY TCP4 " : "PROXY TCP6 ";
  line += source.address.to_string() + ' ' + destination.address.to_string() + ' ';
  line += std::to_string(source.port) + ' ' + std::to_string(destination.port) + "\r\n";
  return line;
}

void append_number(std::size_t number, std::string& out) {
  out += static_cast<char>(number >> 8U & 0xFFU);
  out += static_cast<char>(number & 0xFFU);
}

void append_address(const ip_address& address, bool as_v6, std::string& out) {
  if (as_v6 && address.is_v4()) out += "\0\0\0\0\0\0\0\0\0\0\xFF\xFF"sv;  // RFC 4291 2.5.5.2
  for (const auto byte : address.bytes()) out += static_cast<char>(byte);
}

std::string write_v2(const std::optional<ends>& connection) {
  std::string header(v2_signature);
  if (!connection) return header += "\x20\0\0\0"sv;  // LOCAL, UNSPEC, no block
  const auto& [source, destination] = *connection;
  const bool v6 = !source.address.is_v4() || !destination.address.is_v4();
  header += v6 ? "\x21\x21"sv : "\x21\x11"sv;
  append_number(v6 ? 36 : 12, header);
  append_address(source.address, v6, header);
  append_address(destination.address, v6, header);
  append_number(source.port, header);
  append_number(destination.port, header);
  return header;
}

}  // namespace

result parse(std::string_view bytes) {
  if (bytes.empty()) return {};
  if (begins_alike(bytes, v1_signature)) return bytes.size() < v1_signature.size() ? result{} : parse_v1(bytes);
  if (begins_alike(bytes, v2_signature)) return parse_v2(bytes);
  return refuse("no PROXY header");
}

std::string write(proxy_protocol_version version, const std::optional<ends>& connection) {
  switch (version) {
    case proxy_protocol_version::v1: return write_v1(connection);
    case proxy_protocol_version::v2: return write_v2(connection);
    case proxy_protocol_version::off: break;
  }
  return {};
}

}  // namespace opslb::proxy_protocol
