// What a client's frames cost, against a budget that its honest use of the connection refills: requests that are answered,
// body bytes that move, and time. Whoever sends frames that lead nowhere runs out of it. One rule covers rapid resets,
// floods of every kind of frame, and resets that the client makes us send; the size of a header block is bounded apart.
// Pure: the time is an argument.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "proxy/counters.hpp"
#include "proxy/http2/frame.hpp"

namespace opslb::http2 {

class frame_watch {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  // Honest bursts stay far below the budget: 128 requests cost 1,280, all of them cancelled 2,560 more.
  static constexpr std::int64_t most = 10'000;
  static constexpr std::int64_t each_second = 500;
  static constexpr std::size_t worth_a_step = 16;  ///< body bytes in a frame that is small because of its window

  /// `most_block`: bytes of one header block as it comes, and after decoding.
  frame_watch(std::size_t most_block, time_point now) : most_block_(most_block), paid_until_(now) {}

  void frame(const frame_header& seen, time_point now);

  /// The client took back a request that was still being answered.
  void request_taken_back() { charge(http2_abuse::resets, 20); }
  /// The client did something for which we had to reset a stream.
  void reset_provoked() { charge(http2_abuse::provoked_resets, 20); }
  /// A header block has grown to so many bytes while it was decoded.
  void block_decoded(std::size_t bytes) {
    if (bytes > most_block_) guilty_of_ = http2_abuse::header_block;
  }

  void request_answered() { earn(15); }
  /// A frame of body bytes went to the client: what it returns for it, window updates above all, is expected. A few bytes
  /// where more were ready pay for little: whoever grants a window byte by byte makes a frame of each (CVE-2019-9511). Honest
  /// small windows, returned frame by frame, break into frames of a hundred bytes.
  void body_sent(std::size_t bytes, bool all_that_was_ready) {
    const std::size_t frame = all_that_was_ready ? 5 : std::min<std::size_t>(bytes / worth_a_step, 5);
    earn(static_cast<std::int64_t>(frame + bytes / 1024));
  }
  void body_received(std::size_t bytes) { earn(static_cast<std::int64_t>(bytes / 1024)); }

  /// Set once the client is to be sent away.
  const std::optional<http2_abuse>& guilty_of() const { return guilty_of_; }
  /// A header block has begun and not ended: nothing else may come on the connection.
  bool in_header_block() const { return in_block_; }

 private:
  void refill(time_point now);
  void header_block(const frame_header& seen);
  void charge(http2_abuse what, std::int64_t price);
  void earn(std::int64_t amount);

  std::size_t most_block_;
  std::int64_t left_ = most;
  time_point paid_until_;
  std::array<std::int64_t, static_cast<std::size_t>(http2_abuse::count_of_reasons)> spent_{};
  std::size_t block_bytes_ = 0;
  bool in_block_ = false;
  std::optional<http2_abuse> guilty_of_;
};

}  // namespace opslb::http2
