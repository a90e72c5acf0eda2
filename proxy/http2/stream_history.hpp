// Which streams a client has opened and ended, as far back as it can matter: nghttp2 forgets a stream when it is closed, and
// then cannot tell a frame that was on its way from one that no client may send (RFC 9113 5.1, 5.1.1). Pure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "proxy/http2/error_code.hpp"
#include "proxy/http2/frame.hpp"

namespace opslb::http2 {

class stream_history {
 public:
  /// Takes note of a frame of the client. An error of the connection if it may not come.
  std::optional<error_code> see(const frame_header& frame);

 private:
  static constexpr std::size_t kept = 128;

  struct entry {
    std::uint32_t id : 31 = 0;
    std::uint32_t ended : 1 = 0;  ///< by END_STREAM or RST_STREAM of the client
  };

  entry* find(std::uint32_t id);
  bool was_skipped(std::uint32_t id) const;

  std::array<entry, kept> ring_{};
  std::size_t next_ = 0;  ///< where the oldest stands
  std::uint32_t last_ = 0;
};

}  // namespace opslb::http2
