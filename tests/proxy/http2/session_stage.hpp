// What the tests of a session stand on: one between a client in memory and the test, which serves its streams by hand.
#pragma once

#include <catch2/catch_all.hpp>
#include <map>
#include <string>
#include <string_view>

#include "memory_client.hpp"
#include "proxy/http2/session.hpp"
#include "raw_frames.hpp"

namespace opslb::http2 {

inline constexpr std::size_t batch = 32 * 1024;

/// A session between a client and this test, which serves its streams by hand.
struct stage {
  buffer_pool pool;
  session::time_point now{};
  session frames{{64 * 1024, 128}, pool, now};
  std::string out;

  /// Frames of the session for whoever reads them raw.
  std::string take() {
    std::string all;
    while (frames.has_output()) {
      out.clear();
      frames.collect(out, batch);
      if (out.empty()) break;
      all += out;
    }
    return all;
  }

  /// Back and forth until both have nothing more to say.
  void talk(memory_client& client) {
    for (bool goes_on = true; goes_on;) {
      const std::string up = client.take();
      if (!up.empty()) frames.receive(up, now);
      const std::string down = take();
      client.give(down);
      goes_on = !up.empty() || !down.empty();
    }
  }

  stream& next() {
    REQUIRE_FALSE(frames.arrived().empty());
    stream& first = *frames.arrived().front();
    frames.arrived().erase(frames.arrived().begin());
    return first;
  }

  void begin_answer(stream& on, bool has_body = true) {
    on.response_head.clear();
    on.response_head.add(":status", "200");
    on.response_head.add("Server", "test");
    on.response_has_body = has_body;
    frames.send_head(on);
  }
  /// As much of `bytes` as goes; the rest stays in `pending`.
  void write(stream& on, std::string_view bytes, bool ends) {
    on.pending = bytes;
    on.ends_after_pending = ends;
    frames.body_is_ready(on);
  }
  void answer(stream& on, std::string_view body) {
    begin_answer(on);
    write(on, body, true);
  }
};

/// The codes of all RST_STREAM frames in raw output, by stream; a GOAWAY's code under 0.
inline std::map<std::uint32_t, std::uint32_t> verdicts(std::string_view out) {
  std::map<std::uint32_t, std::uint32_t> found;
  const auto number_at = [&](std::size_t at, std::size_t size) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < size; ++i) value = value << 8 | static_cast<unsigned char>(out[at + i]);
    return value;
  };
  while (out.size() >= frame_header::size) {
    const std::size_t length = number_at(0, 3);
    const auto type = static_cast<frame_type>(out[3]);
    if (type == frame_type::rst_stream) found[number_at(5, 4)] = number_at(9, 4);
    if (type == frame_type::goaway) found[0] = number_at(13, 4);
    out.remove_prefix(frame_header::size + length);
  }
  return found;
}

inline constexpr auto code = [](error_code which) { return static_cast<std::uint32_t>(which); };

}  // namespace opslb::http2
