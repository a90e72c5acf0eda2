#include "proxy/http2/stream_history.hpp"

#include <catch2/catch_all.hpp>

using namespace opslb::http2;

namespace {

constexpr std::uint8_t whole = flag::end_headers | flag::end_stream;

std::optional<error_code> see(stream_history& in, frame_type type, std::uint32_t id, std::uint8_t flags = 0) {
  return in.see({0, type, flags, id, 0});
}

}  // namespace

TEST_CASE("what follows the end of a request is refused, whoever has forgotten the stream", "[http2]") {
  for (const bool by_reset : {false, true}) {
    stream_history streams;
    CHECK_FALSE(see(streams, frame_type::headers, 1, flag::end_headers));
    CHECK_FALSE(see(streams, frame_type::data, 1));
    if (by_reset) {
      CHECK_FALSE(see(streams, frame_type::rst_stream, 1));
    } else {
      CHECK_FALSE(see(streams, frame_type::data, 1, flag::end_stream));
    }
    CHECK(see(streams, frame_type::data, 1) == error_code::stream_closed);
    CHECK(see(streams, frame_type::headers, 1, whole) == error_code::stream_closed);
    CHECK_FALSE(see(streams, frame_type::rst_stream, 1));
    CHECK_FALSE(see(streams, frame_type::window_update, 1));
    CHECK_FALSE(see(streams, frame_type::priority, 1));
  }
}

TEST_CASE("trailers may follow a body, and what is on its way when we reset a stream", "[http2]") {
  stream_history streams;
  see(streams, frame_type::headers, 1, flag::end_headers);
  see(streams, frame_type::data, 1);
  CHECK_FALSE(see(streams, frame_type::headers, 1, whole));
  CHECK(see(streams, frame_type::headers, 1, whole) == error_code::stream_closed);
}

TEST_CASE("a stream that was passed over cannot be opened any more", "[http2]") {
  stream_history streams;
  see(streams, frame_type::headers, 1, whole);
  see(streams, frame_type::headers, 5, whole);
  CHECK(see(streams, frame_type::headers, 3, whole) == error_code::protocol_error);
  CHECK(see(streams, frame_type::data, 3) == error_code::protocol_error);
  CHECK_FALSE(see(streams, frame_type::rst_stream, 3));
}

TEST_CASE("streams of long ago are not judged", "[http2]") {
  stream_history streams;
  for (std::uint32_t id = 3; id < 2000; id += 2) CHECK_FALSE(see(streams, frame_type::headers, id, whole));
  CHECK_FALSE(see(streams, frame_type::data, 3));
  CHECK(see(streams, frame_type::data, 1999 - 2 * 100) == error_code::stream_closed);
}
