#include "proxy/systemd/environment.hpp"

#include <catch2/catch_all.hpp>

using namespace opslb::systemd;
using namespace std::chrono_literals;
using names = std::vector<std::string>;

TEST_CASE("sockets are given to one process, by number and maybe by name", "[systemd]") {
  CHECK(parse_sockets("5", "2", nullptr, 5).value == names{"", ""});
  CHECK(parse_sockets("5", "2", "a:b", 5).value == names{"a", "b"});
  CHECK(parse_sockets("5", "2", ":", 5).value == names{"", ""});
  CHECK(parse_sockets("5", "0", "", 5).value == names{});
  CHECK(parse_sockets("6", "2", "a:b", 5).value == names{});  // for another one
  CHECK(parse_sockets(nullptr, "2", nullptr, 5).value == names{});
  CHECK(parse_sockets("5", nullptr, nullptr, 5).value == names{});
}

TEST_CASE("variables about sockets that make no sense are refused", "[systemd]") {
  const char* const table[][3] = {
      {"", "1", nullptr},
      {"x", "1", nullptr},
      {"5x", "1", nullptr},
      {"0", "1", nullptr},
      {"-5", "1", nullptr},
      {"5", "", nullptr},
      {"5", "x", nullptr},
      {"5", "-1", nullptr},
      {"5", "1 ", nullptr},
      {"5", "1025", nullptr},
      {"5", "1", "a:b"},
      {"5", "2", "a"},
      {"5", "99999999999999999999", nullptr},
  };
  for (const auto& row : table) {
    INFO(row[0] << " " << row[1]);
    const auto read = parse_sockets(row[0], row[1], row[2], 5);
    CHECK_FALSE(read.value);
    CHECK(read.wrong.starts_with("LISTEN_"));
  }
}

TEST_CASE("a watchdog is for one process, or for whoever serves", "[systemd]") {
  CHECK(parse_watchdog("5", "30000000", 5).value.value() == 30s);
  CHECK(parse_watchdog(nullptr, "1", 5).value.value() == 1us);
  CHECK_FALSE(parse_watchdog("6", "1", 5).value.value());
  CHECK_FALSE(parse_watchdog(nullptr, nullptr, 5).value.value());
  CHECK_FALSE(parse_watchdog("5", nullptr, 5).value.value());
  for (const char* time : {"", "0", "-1", "1s", "99999999999999999999"}) {
    INFO(time);
    CHECK_FALSE(parse_watchdog("5", time, 5).value);
  }
  CHECK_FALSE(parse_watchdog("x", "1", 5).value);
}
