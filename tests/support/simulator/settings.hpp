// What the command line asks for. Plain values, made once by main().
#pragma once

#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

namespace opslb::simulator {

using network = std::variant<boost::asio::ip::network_v4, boost::asio::ip::network_v6>;

struct settings {
  std::string bind = "127.0.0.1";
  std::uint16_t port = 0;  ///< 0: any free one
  std::uint16_t control_port = 0;
  std::string name = "ops1";
  std::string version = "8.0.0";
  unsigned threads = 1;
  std::chrono::milliseconds idle_timeout{30'000};  ///< Jetty's own
  bool proxy_protocol = false;

  std::vector<network> access_list;               ///< empty: every address may use the API
  std::map<std::string, std::string> api_keys;    ///< public key → private key, for Digest
  std::map<std::string, std::string> agent_keys;  ///< group id → agent key; empty: any key that is not empty
};

/// Throws std::invalid_argument for what is no ADDRESS or ADDRESS/BITS.
network parse_network(const std::string& text);
bool contains(const network& block, const std::string& address);

}  // namespace opslb::simulator
