#include "proxy/http2/frame_watch.hpp"

#include <algorithm>

namespace opslb::http2 {
namespace {

/// A CONTINUATION with less than this in it was not needed.
constexpr std::uint32_t small_fragment = 1024;
/// Bytes of a SETTINGS frame with 32 values, which is all that nghttp2 reads of one.
constexpr std::uint32_t largest_settings = 32 * 6;

}  // namespace

void frame_watch::frame(const frame_header& seen, time_point now) {
  refill(now);
  switch (seen.type) {
    case frame_type::data:
      // Bytes of a body are work for the backend; frames without any are not (RFC 9113 10.5).
      if (seen.length <= seen.detail && !seen.has(flag::end_stream)) charge(http2_abuse::empty_data, 20);
      return;
    case frame_type::headers:
      charge(http2_abuse::resets, 10);  // earned back by being answered
      header_block(seen);
      return;
    case frame_type::continuation:
      charge(http2_abuse::continuation, seen.length < small_fragment ? 20 : 1);
      header_block(seen);
      return;
    case frame_type::rst_stream: return charge(http2_abuse::resets, 1);
    case frame_type::settings: return charge(http2_abuse::settings, seen.length > largest_settings ? most + 1 : 50);
    case frame_type::ping: return charge(http2_abuse::ping, 10);
    case frame_type::priority: return charge(http2_abuse::priority, 4);
    case frame_type::window_update: return charge(http2_abuse::window_update, 2);
    case frame_type::goaway:
    case frame_type::push_promise: break;
  }
  charge(http2_abuse::other_frames, 10 + seen.length / 1024);
}

void frame_watch::header_block(const frame_header& seen) {
  if (seen.type == frame_type::headers) block_bytes_ = 0;
  block_bytes_ += seen.length;
  in_block_ = !seen.has(flag::end_headers);
  if (block_bytes_ > most_block_) guilty_of_ = http2_abuse::header_block;
}

void frame_watch::refill(time_point now) {
  using std::chrono::milliseconds;
  const auto passed = std::chrono::duration_cast<milliseconds>(now - paid_until_).count();
  const std::int64_t gain = passed * each_second / 1000;
  if (gain <= 0) return;
  paid_until_ = now;
  earn(gain);
}

void frame_watch::earn(std::int64_t amount) {
  left_ = std::min(left_ + amount, most);
  if (left_ == most) spent_.fill(0);
}

void frame_watch::charge(http2_abuse what, std::int64_t price) {
  left_ -= price;
  spent_[static_cast<std::size_t>(what)] += price;
  if (left_ >= 0 || guilty_of_) return;
  const auto largest = std::max_element(spent_.begin(), spent_.end());
  guilty_of_ = static_cast<http2_abuse>(largest - spent_.begin());
}

}  // namespace opslb::http2
