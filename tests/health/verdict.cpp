#include "health/verdict.hpp"

#include <catch2/catch_all.hpp>

#include <string>

namespace opslb::health {

using namespace std::chrono_literals;

TEST_CASE("only 200 is healthy, any other status is Ops Manager's own word, and no answer is no answer") {
  const auto [what, expected] = GENERATE(table<outcome, verdict>({
      {{ending::answered, 200, "OK"}, verdict::healthy},
      {{ending::answered, 204, ""}, verdict::unhealthy},
      {{ending::answered, 302, ""}, verdict::unhealthy},
      {{ending::answered, 404, ""}, verdict::unhealthy},
      {{ending::answered, 500, ""}, verdict::unhealthy},
      {{ending::answered, 101, ""}, verdict::unhealthy},
      {{ending::unresolved, 0, "x"}, verdict::unreachable},
      {{ending::refused, 0, ""}, verdict::unreachable},
      {{ending::no_connection, 0, ""}, verdict::unreachable},
      {{ending::no_answer, 0, ""}, verdict::unreachable},
      {{ending::reset, 0, ""}, verdict::unreachable},
      {{ending::closed, 0, ""}, verdict::unreachable},
      {{ending::garbled, 0, ""}, verdict::unreachable},
      {{ending::failed, 0, "x"}, verdict::unreachable},
  }));
  CAPTURE(what.status, describe(what, "ops1", 3s));
  CHECK(judge(what) == expected);
}

TEST_CASE("the end of a check is told in words") {
  const auto [what, text] = GENERATE(table<outcome, std::string>({
      {{ending::unchecked, 0, ""}, "not checked yet"},
      {{ending::answered, 200, "OK"}, "answered 200"},
      {{ending::answered, 500, "Internal Server Error"}, "answered 500 Internal Server Error"},
      {{ending::answered, 503, ""}, "answered 503"},
      {{ending::refused, 0, ""}, "connection refused"},
      {{ending::no_connection, 0, ""}, "no connection within 3s"},
      {{ending::no_answer, 0, ""}, "no answer within 3s"},
      {{ending::reset, 0, ""}, "connection reset"},
      {{ending::closed, 0, ""}, "connection closed without a complete answer"},
      {{ending::garbled, 0, ""}, "answered with something that is no HTTP response"},
      {{ending::garbled, 0, "head too large"}, "answered with something that is no HTTP response (head too large)"},
      {{ending::unresolved, 0, "Name or service not known"},
       "name ops1.example.com could not be resolved: Name or service not known"},
      {{ending::failed, 0, "No route to host"}, "No route to host"},
  }));
  CHECK(describe(what, "ops1.example.com", 3s) == text);
}

TEST_CASE("a backend's reason phrase cannot break a log line") {
  CHECK(describe({ending::answered, 500, "a\x1b[31m\xffz\tb\r\nc"}, "ops1", 3s) == "answered 500 a[31mzbc");
  CHECK(describe({ending::answered, 500, "\x80\x81"}, "ops1", 3s) == "answered 500");
  CHECK(describe({ending::answered, 500, std::string(5000, 'x')}, "ops1", 3s).size() < 100);
}

TEST_CASE("durations are told as they are configured") {
  const auto [span, text] = GENERATE(table<std::chrono::milliseconds, std::string>({
      {0ms, "0s"},
      {500ms, "500ms"},
      {1500ms, "1500ms"},
      {3s, "3s"},
      {60s, "1m"},
      {90s, "90s"},
  }));
  CHECK(describe(span) == text);
}

}  // namespace opslb::health
