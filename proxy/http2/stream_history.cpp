#include "proxy/http2/stream_history.hpp"

namespace opslb::http2 {

std::optional<error_code> stream_history::see(const frame_header& frame) {
  const bool is_headers = frame.type == frame_type::headers;
  if (!is_headers && frame.type != frame_type::data && frame.type != frame_type::rst_stream) return std::nullopt;
  if (frame.stream % 2 == 0) return std::nullopt;  // nghttp2's business, like everything else that is wrong by itself
  if (frame.stream > last_) {
    if (!is_headers) return std::nullopt;
    last_ = frame.stream;
    ring_[next_] = {frame.stream & 0x7FFFFFFF, frame.has(flag::end_stream)};
    next_ = (next_ + 1) % kept;
    return std::nullopt;
  }
  entry* const found = find(frame.stream);
  if (found == nullptr) {
    // RFC 9113 5.1.1: opening a stream closes those of lower numbers that were never opened.
    if (frame.type == frame_type::rst_stream || !was_skipped(frame.stream)) return std::nullopt;
    return error_code::protocol_error;
  }
  if (frame.type == frame_type::rst_stream) {
    found->ended = 1;
    return std::nullopt;
  }
  if (found->ended != 0) return error_code::stream_closed;
  if (frame.has(flag::end_stream)) found->ended = 1;
  return std::nullopt;
}

stream_history::entry* stream_history::find(std::uint32_t id) {
  for (std::size_t back = 1; back <= kept; ++back) {
    entry& each = ring_[(next_ + kept - back) % kept];
    if (each.id == id) return &each;
    if (each.id < id) break;  // they come in order
  }
  return nullptr;
}

bool stream_history::was_skipped(std::uint32_t id) const { return id > ring_[next_].id; }

}  // namespace opslb::http2
