#include "proxy/socket_address.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace opslb {

socket_address::socket_address(const headers::endpoint& from) {
  const auto bytes = from.address.bytes();
  if (from.address.is_v4()) {
    storage_.v4.sin_family = AF_INET;
    storage_.v4.sin_port = htons(from.port);
    std::memcpy(&storage_.v4.sin_addr, bytes.data(), bytes.size());
  } else {
    storage_.v6.sin6_family = AF_INET6;
    storage_.v6.sin6_port = htons(from.port);
    std::memcpy(&storage_.v6.sin6_addr, bytes.data(), bytes.size());
  }
}

headers::endpoint socket_address::to_endpoint() const {
  if (family() == AF_INET) {
    std::array<std::uint8_t, 4> bytes{};
    std::memcpy(bytes.data(), &storage_.v4.sin_addr, bytes.size());
    return {headers::ip_address::v4(bytes), ntohs(storage_.v4.sin_port)};
  }
  std::array<std::uint8_t, 16> bytes{};
  std::memcpy(bytes.data(), &storage_.v6.sin6_addr, bytes.size());
  return {headers::ip_address::v6(bytes), ntohs(storage_.v6.sin6_port)};
}

}  // namespace opslb
