#include "proxy/http2/websocket_key.hpp"

#include <sys/random.h>

#include <array>
#include <cstddef>
#include <string_view>

namespace opslb::http2 {

std::string make_websocket_key() {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  constexpr std::size_t bytes = 16;
  std::array<unsigned char, bytes + 2> random{};  // the last two stay 0: Base64 takes three at a time
  while (::getrandom(random.data(), bytes, 0) != static_cast<ssize_t>(bytes)) {
  }
  std::string key;
  for (std::size_t i = 0; i < random.size(); i += 3) {
    const unsigned group = static_cast<unsigned>(random[i]) << 16 | static_cast<unsigned>(random[i + 1]) << 8 |
                           static_cast<unsigned>(random[i + 2]);
    for (const unsigned shift : {18U, 12U, 6U, 0U}) key.push_back(digits[group >> shift & 63]);
  }
  key.replace(key.size() - 2, 2, "==");
  return key;
}

}  // namespace opslb::http2
