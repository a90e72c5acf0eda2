// HTTP/2 frames byte by byte, for what no honest client sends.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "proxy/http2/frame.hpp"

namespace opslb::http2 {

inline std::string number(std::uint32_t value, int bytes) {
  std::string out;
  while (bytes-- > 0) out.push_back(static_cast<char>(value >> (8 * bytes) & 0xFF));
  return out;
}

inline std::string frame(frame_type type, std::uint8_t flags, std::uint32_t stream, std::string_view payload = {}) {
  std::string out = number(static_cast<std::uint32_t>(payload.size()), 3);
  out.push_back(static_cast<char>(type));
  out.push_back(static_cast<char>(flags));
  return out.append(number(stream, 4)).append(payload);
}

inline std::string settings(std::string_view payload = {}) { return frame(frame_type::settings, 0, 0, payload); }

/// What every connection begins with.
inline std::string hello() {
  return std::string(client_preface) + settings() + frame(frame_type::settings, flag::ack, 0);
}

/// A header block without compression: literals that are never indexed.
class block {
 public:
  block& add(std::string_view name, std::string_view value) {
    text_.push_back(0x10);
    text(name);
    text(value);
    return *this;
  }
  const std::string& bytes() const { return text_; }

 private:
  void text(std::string_view piece) {
    std::size_t size = piece.size();
    if (size < 127) {
      text_.push_back(static_cast<char>(size));
    } else {
      text_.push_back(127);
      for (size -= 127; size >= 128; size /= 128) text_.push_back(static_cast<char>(size % 128 + 128));
      text_.push_back(static_cast<char>(size));
    }
    text_.append(piece);
  }

  std::string text_;
};

inline block get(std::string_view path = "/") {
  block made;
  made.add(":method", "GET").add(":scheme", "http").add(":path", path).add(":authority", "h");
  return made;
}

/// A whole request without a body.
inline std::string request(std::uint32_t stream, const block& head) {
  return frame(frame_type::headers, flag::end_headers | flag::end_stream, stream, head.bytes());
}

}  // namespace opslb::http2
