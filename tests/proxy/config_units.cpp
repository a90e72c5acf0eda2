#include "proxy/config_units.hpp"

#include <catch2/catch_all.hpp>
#include <chrono>
#include <string>

using namespace opslb;
using namespace std::chrono_literals;
using std::chrono::milliseconds;

TEST_CASE("a duration is a whole number and a unit") {
  const auto [text, duration] = GENERATE(table<std::string, milliseconds>({
      {"0s", 0ms},
      {"0ms", 0ms},
      {"500ms", 500ms},
      {"180s", 180s},
      {"3m", 3min},
      {"1h", 1h},
      {"007s", 7s},
  }));
  CHECK(to_duration(text).value == duration);
}

TEST_CASE("anything else is no duration, and the message shows one") {
  const auto text = GENERATE(as<std::string>(), "", "s", "180", "180 s", " 180s", "180s ", "1.5s", "-1s", "+1s", "1d",
                             "1H", "1S", "1sec", "1m30s", "1us", "0x10s", "1e3s", "s1");
  CAPTURE(text);
  const auto read = to_duration(text);
  CHECK_FALSE(read.value);
  CHECK(read.wrong == R"(must be a whole number with a unit (ms, s, m or h), such as "180s")");
}

TEST_CASE("a size is a whole number and a binary unit") {
  const auto [text, bytes] = GENERATE(table<std::string, std::uint64_t>({
      {"0B", 0},
      {"512B", 512},
      {"16KiB", 16384},
      {"1MiB", 1048576},
      {"3GiB", 3221225472},
  }));
  CHECK(to_size(text).value == bytes);
}

TEST_CASE("anything else is no size, and the message shows one") {
  const auto text =
      GENERATE(as<std::string>(), "", "B", "16", "16K", "16KB", "16kib", "16Kib", "16 KiB", "1.5MiB", "-1B", "1TiB");
  CAPTURE(text);
  const auto read = to_size(text);
  CHECK_FALSE(read.value);
  CHECK(read.wrong == R"(must be a whole number with a unit (B, KiB, MiB or GiB), such as "64KiB")");
}

TEST_CASE("what would overflow is too large") {
  CHECK(to_duration("18446744073709551615h").wrong == "is too large");
  CHECK(to_duration("99999999999999999999999ms").wrong == "is too large");
  CHECK(to_size("1073741825GiB").wrong == "is too large");
  CHECK(to_size("1073741824GiB").value == std::uint64_t{1} << 60U);
}

TEST_CASE("durations and sizes are written in the largest unit that fits") {
  CHECK(write_duration(0ms) == "0s");
  CHECK(write_duration(1ms) == "1ms");
  CHECK(write_duration(1500ms) == "1500ms");
  CHECK(write_duration(90s) == "90s");
  CHECK(write_duration(600s) == "10m");
  CHECK(write_duration(168h) == "168h");
  CHECK(write_size(0) == "0B");
  CHECK(write_size(1000) == "1000B");
  CHECK(write_size(65536) == "64KiB");
  CHECK(write_size(std::uint64_t{5} << 30U) == "5GiB");
}
