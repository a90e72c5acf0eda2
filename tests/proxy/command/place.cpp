// What --admin may say.
#include "proxy/command/place.hpp"

#include <catch2/catch_all.hpp>
#include <string>

using opslb::command::parse_place;

TEST_CASE("every spelling of an address leads to the same place") {
  const auto [text, place] = GENERATE(table<std::string, std::string>({
      {"127.0.0.1:9080", "127.0.0.1:9080"},
      {"http://127.0.0.1:9080", "127.0.0.1:9080"},
      {"HTTP://lb.example.com:9080/", "lb.example.com:9080"},
      {"[::1]:9080", "[::1]:9080"},
      {"unix:/run/opslb/admin.sock", "unix:/run/opslb/admin.sock"},
      {"unix:admin.sock", "unix:admin.sock"},
  }));
  const auto parsed = parse_place(text);
  REQUIRE(parsed.value);
  CHECK(parsed.value->to_string() == place);
}

TEST_CASE("what is no address is refused with what it should be") {
  const auto* text =
      GENERATE("", "9080", "localhost", ":9080", "localhost:", "localhost:0", "localhost:65536", "localhost:http",
               "::1:9080", "https://localhost:9080", "http://localhost:9080/api", "unix:");
  CAPTURE(text);
  const auto parsed = parse_place(text);
  CHECK_FALSE(parsed.value);
  CHECK_FALSE(parsed.wrong.empty());
}
