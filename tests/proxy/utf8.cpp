#include "proxy/utf8.hpp"

#include <catch2/catch_all.hpp>
#include <string>

using opslb::valid_utf8_prefix;
using opslb::well_formed;

TEST_CASE("text that RFC 3629 allows is valid to its end") {
  const auto text = GENERATE(as<std::string>(), "", "plain", std::string("nul \0 within", 12), "\x7F", "\xC2\x80",
                             "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80", "\xEF\xBF\xBF",
                             "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF", "größer als 5 €, 🙂");
  CHECK(valid_utf8_prefix(text) == text.size());
}

TEST_CASE("the valid part ends where a byte cannot stand") {
  const auto bytes = GENERATE(as<std::string>(), "\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xC3", "\xC3(",
                              "\xE0\x9F\xBF", "\xE2\x82", "\xE2(\xAC", "\xE2\x82(", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF",
                              "\xF0\x9F\x99", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFE", "\xFF");
  CHECK(valid_utf8_prefix(bytes) == 0);
  CHECK(valid_utf8_prefix("before €" + bytes) == 10);
}

TEST_CASE("each byte that cannot stand is replaced, and all others stay") {
  CHECK(well_formed("13.1.0 €") == "13.1.0 €");
  CHECK(well_formed("\xFF") == "\xEF\xBF\xBD");
  CHECK(well_formed("a\xE2\x82(ü\xC3") == "a\xEF\xBF\xBD\xEF\xBF\xBD(ü\xEF\xBF\xBD");
}
