#include "proxy/log.hpp"

#include <catch2/catch_all.hpp>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/access_log.hpp"
#include "tests/proxy/scratch_directory.hpp"

using opslb::test::scratch_directory;

namespace {

using clients = std::vector<std::string_view>;

/// A line for each.
opslb::access_log::lines lines_of(const clients& each) {
  opslb::access_log::lines all;
  for (const std::string_view client : each) {
    const opslb::exchange_facts facts;
    const opslb::request_text text;
    const opslb::seen_target target;
    all.add_combined({.facts = facts, .text = text, .target = target, .client = client});
  }
  return all;
}

void submit(const clients& each) {
  opslb::access_log::lines all = lines_of(each);
  opslb::access_log::submit(all);
  CHECK(all.text().empty());
}

std::string text_of(const clients& each) { return std::string(lines_of(each).text()); }

}  // namespace

TEST_CASE("a line of the error log has the time in UTC, the level and the text") {
  const scratch_directory here;
  opslb::log::open({here.file("error.log"), opslb::log_level::info});
  opslb::log::debug("not wanted at this level");
  opslb::log::info("backend {} is up", "ops1");
  opslb::log::error("two\nlines\x7f");
  opslb::log::close();
  CHECK_THAT(here.content("error.log"),
             Catch::Matchers::Matches(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z info  backend ops1 is up\n)"
                                      R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z error two\\x0Alines\\x7F\n)"));
}

TEST_CASE("opening the error log again changes file and level, and a failure to changes nothing") {
  const scratch_directory here;
  opslb::log::open({here.file("a.log"), opslb::log_level::error});
  CHECK_FALSE(opslb::log::enabled(opslb::log_level::warning));
  opslb::log::open({here.file("b.log"), opslb::log_level::debug});
  CHECK_THROWS_AS(opslb::log::open({"/nonexistent/b.log", opslb::log_level::error}), std::runtime_error);
  CHECK(opslb::log::enabled(opslb::log_level::debug));
  opslb::log::debug("kept");
  opslb::log::close();
  CHECK(here.content("a.log").empty());
  CHECK(here.content("b.log").ends_with("debug kept\n"));
  opslb::log::open({"/dev/null", opslb::log_level::info});
  opslb::log::close();
}

TEST_CASE("a reopen that fails is logged to the file that stays in use") {
  const scratch_directory here;
  std::filesystem::create_directory(here.file("dir"));
  opslb::log::open({here.file("dir/a.log"), opslb::log_level::info});
  std::filesystem::rename(here.file("dir"), here.file("moved"));
  opslb::log::reopen();
  opslb::log::close();
  CHECK_THAT(here.content("moved/a.log"), Catch::Matchers::ContainsSubstring("error cannot open the log file"));
}

TEST_CASE("bytes from outside are escaped for the error log, and cut") {
  CHECK(opslb::log::escaped("GET / \"x\" \\ \r\n\x80~") == "GET / \\x22x\\x22 \\x5C \\x0D\\x0A\\x80~");
  CHECK(opslb::log::escaped(std::string(200, 'a')) == std::string(200, 'a'));
  CHECK(opslb::log::escaped(std::string(201, 'a')) == std::string(200, 'a') + "...");
}

TEST_CASE("a rate limit lets one through and counts the rest") {
  opslb::log::rate_limit limit;
  std::uint64_t left_out = 99;
  CHECK(limit.allows(left_out));
  CHECK(left_out == 0);
  CHECK_FALSE(limit.allows(left_out));
  CHECK_FALSE(limit.allows(left_out));
}

TEST_CASE("the access log is written where its configuration says, can move, and is nothing when off") {
  const scratch_directory here;
  namespace access = opslb::access_log;
  const auto before = access::dropped();  // the process's count, to which other tests add
  submit({"before it is open"});
  access::open({here.file("a.log"), false});
  submit({"one", "two"});
  CHECK_THROWS_AS(access::open({"/nonexistent/a.log", false}), std::runtime_error);
  submit({"three"});
  access::open({"off", false});
  submit({"four"});
  access::reopen();
  access::open({here.file("b.log"), false});
  submit({"five"});
  access::close();
  CHECK(here.content("a.log") == text_of({"one", "two", "three"}));
  CHECK(here.content("b.log") == text_of({"five"}));
  CHECK(access::dropped() == before);
}

TEST_CASE("lines of the access log that a full disk takes are counted, also when it is closed meanwhile") {
  namespace access = opslb::access_log;
  opslb::log::open({"/dev/null", opslb::log_level::info});
  const auto before = access::dropped();
  access::open({"/dev/full", false});
  submit({"one", "two"});
  access::close();
  CHECK(access::dropped() - before == 2);
  opslb::log::close();
}
