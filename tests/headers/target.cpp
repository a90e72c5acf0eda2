#include "headers/target.hpp"

#include <catch2/catch_all.hpp>
#include <string>

namespace opslb::headers {
namespace {

TEST_CASE("an authority is a host and perhaps a port", "[target]") {
  const auto [text, host, port] = GENERATE(table<std::string, std::string, int>({
      {"example.com", "example.com", 0},
      {"example.com:8080", "example.com", 8080},
      {"ops_1.local~x", "ops_1.local~x", 0},
      {"192.0.2.1:1", "192.0.2.1", 1},
      {"h:65535", "h", 65535},
      {"h:00080", "h", 80},
      {"[::1]", "[::1]", 0},
      {"[2001:db8::1]:443", "[2001:db8::1]", 443},
      {"[::ffff:192.0.2.1]:80", "[::ffff:192.0.2.1]", 80},
  }));
  CAPTURE(text);
  authority out;
  REQUIRE(parse_authority(text, out));
  CHECK(out.text == text);
  CHECK(out.host == host);
  CHECK(out.port == port);
}

TEST_CASE("a malformed authority is refused", "[target]") {
  const auto* const text = GENERATE(
      "", ":80", "h:", "h:0", "h:65536", "h:000080", "h:80a", "h:-1", "h:+1", "h: 80", "a,b", "a b", " h", "user@h",
      "user:pw@h", "h/", "h?", "h#", "a\\b", "%65xample.com", "ex\xC3\xA4mple", "::1", "[::1", "[]", "[::1]x",
      "[::1]:", "[192.0.2.1]", "[::1%25lo]", "[v1.x]", "h:80:80", "http://h", "a;b", "a'b", "(h)", "h\t");
  CAPTURE(text);
  authority out;
  CHECK_FALSE(parse_authority(text, out));
}

TEST_CASE("origin form and asterisk form are passed on as they are", "[target]") {
  parsed_target out;
  for (const auto* const target : {"/", "/a/../b?c=%zz&d", "//x", "/a:b@c", "/?", "/\"<>\\^`{|}"}) {
    CAPTURE(target);
    REQUIRE(parse_target(target, false, false, out));
    CHECK(out.form == target_form::origin);
    CHECK(out.origin == target);
  }
  REQUIRE(parse_target("*", true, false, out));
  CHECK(out.form == target_form::asterisk);
  CHECK(out.origin == "*");
}

TEST_CASE("the absolute form gives Host and the origin form", "[target]") {
  const auto [target, is_options, host, origin] = GENERATE(table<std::string, bool, std::string, std::string>({
      {"http://h/a?b", false, "h", "/a?b"},
      {"HTTPS://h:8/a", false, "h:8", "/a"},
      {"http://h", false, "h", "/"},
      {"http://h", true, "h", "*"},
      {"http://h/", true, "h", "/"},
      {"http://[::1]:8/x", false, "[::1]:8", "/x"},
      {"http://h?q=/x", false, "h", "/?q=/x"},
  }));
  CAPTURE(target);
  parsed_target out;
  REQUIRE(parse_target(target, is_options, false, out));
  CHECK(out.form == target_form::absolute);
  CHECK(out.from_target.text == host);
  std::string written(out.prefix_slash ? 1 : 0, '/');
  written += out.origin;
  CHECK(written == origin);
}

TEST_CASE("a malformed target is refused", "[target]") {
  const auto* const target = GENERATE("", "*", "a", "a/b", "?q", "ftp://h/", "http:/h/", "http:h", "http://",
                                      "http:///x", "http://u@h/", "http://h,g/", "ws://h/", "/#", "/a#b", "/a b",
                                      "/\x7F", "/\x01", "/\xE4", "h:80", "javascript:x", "\\\\h\\x");
  CAPTURE(target);
  parsed_target out;
  CHECK_FALSE(parse_target(target, false, false, out));
}

TEST_CASE("the asterisk is for OPTIONS alone and the authority form for CONNECT", "[target]") {
  parsed_target out;
  CHECK_FALSE(parse_target("*x", true, false, out));
  CHECK(parse_target("h:443", false, true, out));
  CHECK_FALSE(parse_target("h", false, true, out));
  CHECK_FALSE(parse_target("/", false, true, out));
}

}  // namespace
}  // namespace opslb::headers
