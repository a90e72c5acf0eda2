#include "tests/support/simulator/settings.hpp"

#include <boost/asio/ip/address.hpp>
#include <stdexcept>

namespace opslb::simulator {

namespace ip = boost::asio::ip;

network parse_network(const std::string& text) {
  boost::system::error_code ec;
  const auto address = ip::make_address(text, ec);
  if (!ec && address.is_v4()) return ip::network_v4(address.to_v4(), 32);
  if (!ec) return ip::network_v6(address.to_v6(), 128);

  const auto v4 = ip::make_network_v4(text, ec);
  if (!ec) return v4.canonical();
  const auto v6 = ip::make_network_v6(text, ec);
  if (!ec) return v6.canonical();
  throw std::invalid_argument("'" + text + "' is no address and no network like 192.0.2.0/24");
}

bool contains(const network& block, const std::string& address) {
  boost::system::error_code ec;
  const auto parsed = ip::make_address(address, ec);
  if (ec) return false;
  if (const auto* v4 = std::get_if<ip::network_v4>(&block)) {
    return parsed.is_v4() && ip::network_v4(parsed.to_v4(), v4->prefix_length()).network() == v4->network();
  }
  const auto& v6 = std::get<ip::network_v6>(block);
  return parsed.is_v6() && ip::network_v6(parsed.to_v6(), v6.prefix_length()).network() == v6.network();
}

}  // namespace opslb::simulator
