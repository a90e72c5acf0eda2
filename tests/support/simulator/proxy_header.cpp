#include "tests/support/simulator/proxy_header.hpp"

#include <boost/asio/ip/address.hpp>
#include <vector>

#include "tests/support/simulator/duration.hpp"

namespace opslb::simulator {
namespace {

namespace ip = boost::asio::ip;
constexpr std::string_view v2_signature{"\r\n\r\n\0\r\nQUIT\n", 12};

unsigned big_endian_16(std::string_view bytes) {
  return static_cast<unsigned>(static_cast<unsigned char>(bytes[0]) << 8U | static_cast<unsigned char>(bytes[1]));
}

proxy_header_state parse_v1(std::string_view bytes, proxy_header& header, std::size_t& size) {
  constexpr std::size_t longest = 107;
  const auto end = bytes.substr(0, longest).find("\r\n");
  if (end == std::string_view::npos) {
    return bytes.size() < longest ? proxy_header_state::incomplete : proxy_header_state::invalid;
  }
  size = end + 2;
  std::vector<std::string_view> words;
  for (auto rest = bytes.substr(0, end); !rest.empty();) {
    const auto space = rest.find(' ');
    words.push_back(rest.substr(0, space));
    rest = space == std::string_view::npos ? std::string_view{} : rest.substr(space + 1);
  }
  header.version = 1;
  if (words.size() >= 2) header.kind = words[1];
  if (header.kind == "UNKNOWN") return proxy_header_state::complete;
  if (words.size() != 6 || (header.kind != "TCP4" && header.kind != "TCP6")) return proxy_header_state::invalid;

  boost::system::error_code source_ec;
  boost::system::error_code destination_ec;
  header.source = ip::make_address(std::string{words[2]}, source_ec).to_string();
  header.destination = ip::make_address(std::string{words[3]}, destination_ec).to_string();
  const auto source_port = parse_number(words[4]);
  const auto destination_port = parse_number(words[5]);
  if (source_ec || destination_ec || source_port.value_or(65536) > 65535 || destination_port.value_or(65536) > 65535) {
    return proxy_header_state::invalid;
  }
  header.source_port = static_cast<unsigned>(*source_port);
  header.destination_port = static_cast<unsigned>(*destination_port);
  return proxy_header_state::complete;
}

template <typename Address>
std::string address_text(std::string_view bytes) {
  typename Address::bytes_type raw;
  std::copy_n(reinterpret_cast<const unsigned char*>(bytes.data()), raw.size(), raw.begin());
  return Address{raw}.to_string();
}

template <typename Address>
proxy_header_state read_v2_addresses(std::string_view payload, std::string_view kind, proxy_header& header) {
  constexpr std::size_t length = std::tuple_size_v<typename Address::bytes_type>;
  if (payload.size() < 2 * length + 4) return proxy_header_state::invalid;
  header.kind = kind;
  header.source = address_text<Address>(payload);
  header.destination = address_text<Address>(payload.substr(length));
  header.source_port = big_endian_16(payload.substr(2 * length));
  header.destination_port = big_endian_16(payload.substr(2 * length + 2));
  return proxy_header_state::complete;
}

proxy_header_state parse_v2(std::string_view bytes, proxy_header& header, std::size_t& size) {
  if (bytes.size() < 16) return proxy_header_state::incomplete;
  const auto command = static_cast<unsigned char>(bytes[12]);
  const auto family = static_cast<unsigned char>(bytes[13]);
  const std::size_t length = big_endian_16(bytes.substr(14));
  if (command != 0x20 && command != 0x21) return proxy_header_state::invalid;
  if (bytes.size() < 16 + length) return proxy_header_state::incomplete;

  size = 16 + length;
  header.version = 2;
  const auto payload = bytes.substr(16, length);
  if (command == 0x20) {
    header.kind = "LOCAL";
    return proxy_header_state::complete;
  }
  if (family == 0x11) return read_v2_addresses<ip::address_v4>(payload, "TCP4", header);
  if (family == 0x21) return read_v2_addresses<ip::address_v6>(payload, "TCP6", header);
  header.kind = family == 0x31 ? "UNIX" : "UNKNOWN";
  return proxy_header_state::complete;
}

}  // namespace

proxy_header_state parse_proxy_header(std::string_view bytes, proxy_header& header, std::size_t& size) {
  constexpr std::string_view v1_signature = "PROXY ";
  const auto begins_like = [&](std::string_view signature) {
    return bytes.substr(0, signature.size()) == signature.substr(0, bytes.size());
  };
  if (begins_like(v1_signature)) {
    return bytes.size() < v1_signature.size() ? proxy_header_state::incomplete : parse_v1(bytes, header, size);
  }
  if (begins_like(v2_signature)) {
    return bytes.size() < v2_signature.size() ? proxy_header_state::incomplete : parse_v2(bytes, header, size);
  }
  return proxy_header_state::invalid;
}

}  // namespace opslb::simulator
