#include "headers/trace_context.hpp"

#include <catch2/catch_all.hpp>
#include <string>

using opslb::headers::trace_id_of;

namespace {

const std::string trace = "4bf92f3577b34da6a3ce929d0e0e4736";
const std::string rest = "-00f067aa0ba902b7-01";

}  // namespace

TEST_CASE("a traceparent names its trace", "[trace_context]") {
  CHECK(trace_id_of("00-" + trace + rest) == trace);
  CHECK(trace_id_of("01-" + trace + rest) == trace);            // W3C 3.2.4: a later version begins the same way
  CHECK(trace_id_of("cc-" + trace + rest + "-more") == trace);  // and may go on
}

TEST_CASE("what is no valid traceparent names none", "[trace_context]") {
  const std::string value = GENERATE_COPY(values<std::string>({
      "",
      "00",
      "00-",
      "00-" + trace,
      "00-" + trace + "-",
      "00-" + trace + "-00f067aa0ba902b7",
      "00-" + trace + "-00f067aa0ba902b7-",
      "00-" + trace + "-00f067aa0ba902b7-0",
      "00-" + trace + "-00f067aa0ba902b7-0g",
      "00-" + trace + rest + "-more",
      "00-" + trace + rest + "0",
      "cc-" + trace + rest + "0",
      "ff-" + trace + rest,
      "0-" + trace + rest,
      "0G-" + trace + rest,
      "00_" + trace + rest,
      "00-" + std::string(32, '0') + rest,
      "00-" + trace + "-0000000000000000-01",
      "00-4BF92F3577B34DA6A3CE929D0E0E4736" + rest,
      "00-" + trace.substr(1) + rest,
      "00-" + trace + "0" + rest,
      " 00-" + trace + rest,
      "00-" + trace.substr(1) + "\"" + rest,
  }));
  CAPTURE(value);
  CHECK(trace_id_of(value).empty());
}
