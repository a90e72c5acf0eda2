// The status in a terminal: whatever the other end says, the table stands, and nothing in it steers the terminal.
#include "proxy/command/status_table.hpp"

#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>
#include <string>

using namespace opslb::command;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("columns are as wide as what is in them") {
  const auto status = nlohmann::json::parse(R"({"version": "1", "state": "serving", "ready": true, "backends": [
      {"name": "a", "state": "up", "why": "fine", "requests": 12345678901},
      {"name": "a-long-name", "state": "draining", "version": "8.0.4", "responses": {"5xx": 7}}]})");
  const std::string table = status_table(status, false);
  CHECK_THAT(table, ContainsSubstring("BACKEND      STATE     VERSION  IN FLIGHT     REQUESTS  5xx  WHY\n"
                                      "a            up        -                0  12345678901    -  fine\n"
                                      "a-long-name  draining  8.0.4            0            0    7\n"));
}

TEST_CASE("a status of another form makes a table, too") {
  const auto* text =
      GENERATE("{}", R"({"backends": 1, "totals": [], "upgrade_mode": null})", R"({"backends": [1, null, {}]})");
  CHECK_THAT(status_table(nlohmann::json::parse(text), true), ContainsSubstring("BACKEND"));
}

TEST_CASE("nothing that comes from elsewhere steers the terminal") {
  const nlohmann::json status = {{"backends", {{{"name", "\x1b[2J"}, {"why", "a\nb\xc2\x9b"}}}}};
  const std::string table = status_table(status, false);
  CHECK(table.find('\x1b') == std::string::npos);
  CHECK(table.find("\xc2\x9b") == std::string::npos);
  CHECK_THAT(table, ContainsSubstring("a?b??"));
}

TEST_CASE("spans and sizes are short") {
  CHECK(span_in_words(-1) == "0 s");
  CHECK(span_in_words(59.9) == "59 s");
  CHECK(span_in_words(185) == "3 min 5 s");
  CHECK(span_in_words(7800) == "2 h 10 min");
  CHECK(span_in_words(3 * 86400 + 3600) == "3 d 1 h");
  CHECK(size_in_words(0) == "0 B");
  CHECK(size_in_words(1023) == "1023 B");
  CHECK(size_in_words(1536) == "1.5 KiB");
  CHECK(size_in_words(std::uint64_t{20} << 30) == "20 GiB");
}
