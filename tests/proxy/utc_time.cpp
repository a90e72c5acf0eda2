#include "proxy/utc_time.hpp"

#include <catch2/catch_all.hpp>

#include <string>

using namespace std::chrono;

TEST_CASE("times are written in UTC as RFC 3339, the NCSA formats and HTTP have them") {
  struct row {
    milliseconds since_epoch;
    std::string rfc3339, ncsa, http;
  };
  const auto [since_epoch, rfc3339, ncsa, http] = GENERATE(values<row>({
      {0ms, "1970-01-01T00:00:00.000Z", "01/Jan/1970:00:00:00 +0000", "Thu, 01 Jan 1970 00:00:00 GMT"},
      {1795334400123ms, "2026-11-22T08:00:00.123Z", "22/Nov/2026:08:00:00 +0000", "Sun, 22 Nov 2026 08:00:00 GMT"},
      {951782399999ms, "2000-02-28T23:59:59.999Z", "28/Feb/2000:23:59:59 +0000", "Mon, 28 Feb 2000 23:59:59 GMT"},
      {951782400000ms, "2000-02-29T00:00:00.000Z", "29/Feb/2000:00:00:00 +0000", "Tue, 29 Feb 2000 00:00:00 GMT"},
      {4107542400001ms, "2100-03-01T00:00:00.001Z", "01/Mar/2100:00:00:00 +0000", "Mon, 01 Mar 2100 00:00:00 GMT"},
      {-1ms, "1970-01-01T00:00:00.000Z", "01/Jan/1970:00:00:00 +0000", "Thu, 01 Jan 1970 00:00:00 GMT"},
  }));
  std::string a;
  std::string b(opslb::ncsa_time_size, '\0');
  opslb::append_rfc3339(system_clock::time_point(since_epoch), a);
  CHECK(opslb::put_ncsa_time(system_clock::time_point(since_epoch), b.data()) == b.data() + b.size());
  CHECK(a == rfc3339);
  CHECK(b == ncsa);
  CHECK(opslb::http_date(system_clock::time_point(since_epoch)) == http);
}

TEST_CASE("times one after the other are each written as they are alone") {
  opslb::rfc3339_writer writer;
  const auto alone = [](system_clock::time_point when) {
    std::string text;
    opslb::append_rfc3339(when, text);
    return text;
  };
  for (const auto& when :
       {system_clock::time_point(1795334400123ms), system_clock::time_point(1795334400124ms),
        system_clock::time_point(1795334400999ms + 999'999ns), system_clock::time_point(1795334401000ms),
        system_clock::time_point(1795334400999ms), system_clock::time_point(0ms), system_clock::time_point(999ms),
        system_clock::time_point(-1ns), system_clock::time_point(-1ms), system_clock::time_point(1ns),
        system_clock::time_point::min(), system_clock::time_point::max(), system_clock::time_point::max() - 1ms,
        system_clock::time_point(1795334459999ms), system_clock::time_point(1795334460000ms),
        system_clock::time_point(7258118399999ms), system_clock::time_point(7258118400000ms),
        system_clock::time_point(7258118400001ms)}) {
    std::string text(opslb::rfc3339_size, '\0');
    CHECK(writer.put(when, text.data()) == text.data() + text.size());
    CHECK(text == alone(when));
  }
}

TEST_CASE("what was written as RFC 3339 is read again") {
  for (const milliseconds since_epoch : {0ms, 1795334400123ms, 951782399999ms, 4107542400001ms}) {
    std::string text;
    opslb::append_rfc3339(system_clock::time_point(since_epoch), text);
    CHECK(opslb::parse_rfc3339(text) == system_clock::time_point(since_epoch));
  }
}

TEST_CASE("nothing else is read as a time") {
  for (const char* text :
       {"", "2026-11-22", "2026-11-22T08:00:00Z", "2026-11-22 08:00:00.123Z", "2026-11-22T08:00:00.123z",
        "2026-13-22T08:00:00.123Z", "2026-02-29T08:00:00.123Z", "2026-11-22T24:00:00.123Z", "2026-11-22T08:60:00.123Z",
        "2026-11-22T08:00:61.123Z", "2026-11-22T08:00:00.12aZ", "+026-11-22T08:00:00.123Z", "0000-01-01T00:00:00.000Z",
        "1969-12-31T23:59:59.999Z", "2262-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z"}) {
    CAPTURE(text);
    CHECK_FALSE(opslb::parse_rfc3339(text));
  }
}

TEST_CASE("a clock that is far off still gives a line of the usual width") {
  std::string text;
  opslb::append_rfc3339(system_clock::time_point::max(), text);
  CHECK(text.size() == std::string("2026-11-22T08:00:00.123Z").size());
}
