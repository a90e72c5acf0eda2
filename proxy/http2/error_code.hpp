// The error codes of HTTP/2 that opslb sends (RFC 9113 7).
#pragma once

#include <cstdint>

namespace opslb::http2 {

enum class error_code : std::uint32_t {
  no_error = 0,
  protocol_error = 1,
  internal_error = 2,
  flow_control_error = 3,
  settings_timeout = 4,
  stream_closed = 5,
  frame_size_error = 6,
  refused_stream = 7,
  cancel = 8,
  enhance_your_calm = 11,
};

}  // namespace opslb::http2
