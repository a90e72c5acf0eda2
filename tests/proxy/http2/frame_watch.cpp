#include "proxy/http2/frame_watch.hpp"

#include <catch2/catch_all.hpp>

using namespace opslb;
using namespace opslb::http2;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t most_block = 256 * 1024;
const frame_watch::time_point start{};

frame_header of(frame_type type, std::uint32_t length = 0, std::uint8_t flags = 0) {
  return {length, type, flags, 1, 0};
}

/// How many of these frames at once a connection survives; -1 if a million of them are no matter.
int survives(const frame_header& each) {
  frame_watch watch(most_block, start);
  for (int sent = 0; sent < 1'000'000; ++sent) {
    watch.frame(each, start);
    if (watch.guilty_of()) return sent;
  }
  return -1;
}

constexpr std::uint8_t whole = flag::end_headers | flag::end_stream;

}  // namespace

TEST_CASE("each kind of frame that leads nowhere is bounded, and named", "[http2]") {
  struct row {
    frame_header frame;
    http2_abuse reason;
    int most;
  };
  const row table[] = {
      {of(frame_type::ping, 8), http2_abuse::ping, 1000},
      {of(frame_type::settings, 6), http2_abuse::settings, 200},
      {of(frame_type::priority, 5), http2_abuse::priority, 2500},
      {of(frame_type::window_update, 4), http2_abuse::window_update, 5000},
      {of(frame_type::data), http2_abuse::empty_data, 500},
      {of(static_cast<frame_type>(0xFA), 8), http2_abuse::other_frames, 1000},
      {of(static_cast<frame_type>(0xFA), 16384), http2_abuse::other_frames, 384},
      {of(frame_type::headers, 20, whole), http2_abuse::resets, 1000},
      {of(frame_type::rst_stream, 4), http2_abuse::resets, 10000},
      {of(frame_type::continuation, 1), http2_abuse::continuation, 500},
  };
  for (const row& each : table) {
    CAPTURE(static_cast<int>(each.frame.type), each.frame.length);
    CHECK(survives(each.frame) == each.most);
    frame_watch watch(most_block, start);
    while (!watch.guilty_of()) watch.frame(each.frame, start);
    CHECK(*watch.guilty_of() == each.reason);
  }
}

TEST_CASE("DATA with anything in it is no matter, and padding is nothing", "[http2]") {
  CHECK(survives(of(frame_type::data, 1)) == -1);
  frame_header padded = of(frame_type::data, 200, flag::padded);
  padded.detail = 200;
  CHECK(survives(padded) == 500);
  CHECK(survives(of(frame_type::data, 0, flag::end_stream)) == -1);
}

TEST_CASE("the budget comes back with time", "[http2]") {
  frame_watch watch(most_block, start);
  for (int second = 0; second < 1000; ++second) {
    for (int i = 0; i < 50; ++i) watch.frame(of(frame_type::ping, 8), start + second * 1s);
  }
  CHECK_FALSE(watch.guilty_of());
  for (int i = 0; i < 1100; ++i) watch.frame(of(frame_type::ping, 8), start + 1000s);
  CHECK(watch.guilty_of() == http2_abuse::ping);
}

TEST_CASE("requests that are answered never run out, as many as there are", "[http2]") {
  frame_watch watch(most_block, start);
  for (int i = 0; i < 1'000'000; ++i) {
    watch.frame(of(frame_type::headers, 20, whole), start);
    watch.request_answered();
  }
  CHECK_FALSE(watch.guilty_of());
}

TEST_CASE("a download pays for the window updates that it causes", "[http2]") {
  frame_watch watch(most_block, start);
  for (int i = 0; i < 100'000; ++i) {
    watch.body_sent(4096, false);  // the client gives back both windows for every 4 KiB, and looks how far away we are
    watch.frame(of(frame_type::window_update, 4), start);
    watch.frame(of(frame_type::window_update, 4), start);
    if (i % 4 == 0) watch.frame(of(frame_type::ping, 8), start);
  }
  CHECK_FALSE(watch.guilty_of());
}

TEST_CASE("small frames are paid for where the backend sent no more, not where the client granted no more", "[http2]") {
  for (const bool all_that_was_ready : {true, false}) {
    frame_watch watch(most_block, start);
    for (int i = 0; i < 100'000; ++i) {
      watch.body_sent(1, all_that_was_ready);
      watch.frame(of(frame_type::window_update, 4), start);
      watch.frame(of(frame_type::window_update, 4), start);
    }
    CHECK(watch.guilty_of().has_value() == !all_that_was_ready);
  }
}

TEST_CASE("small windows that are given back frame by frame break into small frames, and are served", "[http2]") {
  frame_watch watch(most_block, start);
  for (int i = 0; i < 100'000; ++i) {
    watch.body_sent(i % 2 == 0 ? 80 : 144, false);
    watch.frame(of(frame_type::window_update, 4), start);
    watch.frame(of(frame_type::window_update, 4), start);
  }
  CHECK_FALSE(watch.guilty_of());
}

TEST_CASE("all requests of a connection can be taken back at once, but not over and over", "[http2]") {
  frame_watch watch(most_block, start);
  int cycles = 0;
  for (; cycles < 10'000 && !watch.guilty_of(); ++cycles) {
    watch.frame(of(frame_type::headers, 20, whole), start);
    watch.frame(of(frame_type::rst_stream, 4), start);
    watch.request_taken_back();
  }
  CHECK(cycles > 256);
  CHECK(cycles < 400);
  CHECK(watch.guilty_of() == http2_abuse::resets);
}

TEST_CASE("resets that the client makes us send count like its own", "[http2]") {
  frame_watch watch(most_block, start);
  int cycles = 0;
  for (; cycles < 10'000 && !watch.guilty_of(); ++cycles) {
    watch.frame(of(frame_type::headers, 20, whole), start);
    watch.frame(of(frame_type::window_update, 4), start);
    watch.reset_provoked();
  }
  CHECK(cycles < 400);
  CHECK(watch.guilty_of() == http2_abuse::provoked_resets);
}

TEST_CASE("a header block is bounded as it comes and as it is decoded", "[http2]") {
  frame_watch watch(most_block, start);
  watch.frame(of(frame_type::headers, 16384), start);
  CHECK(watch.in_header_block());
  for (int i = 1; i < 16; ++i) watch.frame(of(frame_type::continuation, 16384), start);
  CHECK_FALSE(watch.guilty_of());
  watch.frame(of(frame_type::continuation, 1), start);
  CHECK(watch.guilty_of() == http2_abuse::header_block);

  frame_watch other(most_block, start);
  other.frame(of(frame_type::headers, 100, whole), start);
  CHECK_FALSE(other.in_header_block());
  other.block_decoded(most_block);
  CHECK_FALSE(other.guilty_of());
  other.block_decoded(most_block + 1);
  CHECK(other.guilty_of() == http2_abuse::header_block);
}
