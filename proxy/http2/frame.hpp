// HTTP/2's frame header (RFC 9113 4.1) as far as opslb looks at it itself, in front of nghttp2, and the scanner that finds
// the headers in the client's bytes however they are cut. Pure.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace opslb::http2 {

/// What a client's connection begins with (RFC 9113 3.4).
inline constexpr std::string_view client_preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

enum class frame_type : std::uint8_t {
  data,
  headers,
  priority,
  rst_stream,
  settings,
  push_promise,
  ping,
  goaway,
  window_update,
  continuation,
};

namespace flag {
inline constexpr std::uint8_t end_stream = 0x1;
inline constexpr std::uint8_t ack = 0x1;
inline constexpr std::uint8_t end_headers = 0x4;
inline constexpr std::uint8_t padded = 0x8;
}  // namespace flag

struct frame_header {
  static constexpr std::size_t size = 9;

  std::uint32_t length = 0;
  frame_type type = frame_type::data;  ///< may be one that has no name here
  std::uint8_t flags = 0;
  std::uint32_t stream = 0;
  /// DATA: the length of its padding with its own byte. PRIORITY: the stream that it depends on.
  std::uint32_t detail = 0;

  bool has(std::uint8_t which) const { return (flags & which) != 0; }
};

class frame_scanner {
 public:
  /// Calls `see(frame_header)` for every frame whose header ends within `bytes`, which follow those of the calls before.
  template <typename See>
  void scan(std::string_view bytes, See see) {
    while (!bytes.empty()) {
      if (skip_ != 0) {
        const auto passed = std::min<std::size_t>(skip_, bytes.size());
        skip_ -= static_cast<std::uint32_t>(passed);
        bytes.remove_prefix(passed);
        continue;
      }
      if (!hold(bytes)) continue;
      const frame_header found = read();
      ++frames_;
      skip_ = found.length - static_cast<std::uint32_t>(count_ - frame_header::size);
      count_ = 0;
      see(found);
    }
  }

  /// The number, from 1, of the frame that has begun and not ended; 0: there is none, or it is DATA, which has an exchange
  /// to wait for it.
  std::uint64_t unfinished() const {
    const bool is_known = count_ == 0 || count_ > type_at;
    if (is_known && is(frame_type::data)) return 0;
    if (count_ != 0) return frames_ + 1;
    return skip_ != 0 ? frames_ : 0;
  }
  /// The number of the frame seen last.
  std::uint64_t last() const { return frames_; }

 private:
  /// Takes the next byte of a header, or all of one that lies there in one piece. True: it is whole.
  bool hold(std::string_view& bytes) {
    if (count_ == 0 && bytes.size() >= held_.size()) {
      std::copy_n(bytes.begin(), held_.size(), held_.begin());
      count_ = frame_header::size + detail_size();
      bytes.remove_prefix(count_);
      return true;
    }
    held_[count_++] = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    return count_ >= frame_header::size && count_ >= frame_header::size + detail_size();
  }

  static constexpr std::size_t most_detail = 4;
  static constexpr std::size_t type_at = 3;

  std::uint32_t number(std::size_t at, std::size_t bytes) const {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < bytes; ++i) value = value << 8 | held_[at + i];
    return value;
  }
  bool is(frame_type type) const { return held_[type_at] == static_cast<std::uint8_t>(type); }
  bool is_padded_data() const { return is(frame_type::data) && (held_[4] & flag::padded) != 0; }

  /// How many bytes of the payload say more.
  std::size_t detail_size() const {
    const std::uint32_t length = number(0, 3);
    if (is_padded_data()) return std::min<std::size_t>(length, 1);
    return is(frame_type::priority) && length >= most_detail ? most_detail : 0;
  }

  frame_header read() const {
    constexpr std::uint32_t id = 0x7FFFFFFF;  // the first bit is reserved
    frame_header found{number(0, 3), static_cast<frame_type>(held_[type_at]), held_[4], number(5, 4) & id, 0};
    const std::size_t more = detail_size();
    if (more == 1) found.detail = std::min(found.length, number(frame_header::size, 1) + 1);
    if (more == most_detail) found.detail = number(frame_header::size, most_detail) & id;
    return found;
  }

  std::array<unsigned char, frame_header::size + most_detail> held_{};
  std::size_t count_ = 0;
  std::uint32_t skip_ = client_preface.size();
  std::uint64_t frames_ = 0;
};

}  // namespace opslb::http2
