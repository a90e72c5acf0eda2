#include "proxy/http2/frame.hpp"

#include <catch2/catch_all.hpp>
#include <vector>

#include "raw_frames.hpp"

using namespace opslb::http2;

namespace {

std::vector<frame_header> scan(std::string_view bytes, std::size_t piece) {
  frame_scanner scanner;
  std::vector<frame_header> found;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
    scanner.scan(bytes.substr(0, piece), [&](const frame_header& each) { found.push_back(each); });
  }
  return found;
}

}  // namespace

TEST_CASE("frame headers are found however the bytes are cut", "[http2]") {
  const std::string priority = number(7, 4) + "\x10";
  const std::string bytes = hello() + frame(frame_type::headers, flag::end_headers, 1, std::string(300, 'h')) +
                            frame(frame_type::data, 0, 1, std::string(20000, 'd')) +
                            frame(frame_type::data, flag::padded, 1, std::string("\x05", 1) + std::string(12, 'p')) +
                            frame(frame_type::priority, 0, 3, priority) + frame(frame_type::priority, 0, 3, "12") +
                            frame(frame_type::data, flag::padded, 1) + frame(frame_type::ping, 0, 0, "12345678");
  for (const std::size_t piece : {1, 2, 9, 10, 13, 24, 1000, 100000}) {
    CAPTURE(piece);
    const auto found = scan(bytes, piece);
    REQUIRE(found.size() == 9);
    CHECK(found[2].length == 300);
    CHECK(found[2].stream == 1);
    CHECK(found[3].length == 20000);
    CHECK(found[3].detail == 0);
    CHECK(found[4].detail == 6);  // the padding's length and its own byte
    CHECK(found[5].detail == 7);
    CHECK(found[6].detail == 0);
    CHECK(found[7].length == 0);
    CHECK(found[8].type == frame_type::ping);
  }
}

TEST_CASE("padding is never longer than its frame, and the reserved bit is no part of a number", "[http2]") {
  const auto found = scan(
      std::string(client_preface) + frame(frame_type::data, flag::padded, 0x80000005, std::string("\xFF", 1) + "abc"),
      1000);
  REQUIRE(found.size() == 1);
  CHECK(found[0].detail == 4);
  CHECK(found[0].stream == 5);
}
