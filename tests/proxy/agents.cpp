#include "proxy/agents.hpp"

#include <catch2/catch_all.hpp>
#include <string>

using namespace opslb;
using namespace std::chrono_literals;

namespace {

constexpr agent::time_point start{1'795'334'400s};

std::string note(std::string_view target, unsigned status = 200) {
  std::string notes;
  note_agent(seen_target(target), status, notes);
  return notes;
}

std::string call(const std::string& host, const std::string& version = "13.1.0", unsigned status = 200) {
  return note("/agents/api/automation/conf/v1/1?ah=" + host + "&av=" + version, status);
}

}  // namespace

TEST_CASE("an agent is known by its host, with its version, its calls and what failed of them") {
  agent_register all;
  all.take(call("db1.example.com") + call("db2.example.com", "12.0") + call("db1.example.com", "13.1.0", 503), start);
  all.take(call("db1.example.com", "13.2.0", 401) + call("db1.example.com", "13.2.0", 0), start + 10s);
  const auto list = all.list();
  REQUIRE(list.size() == 2);
  CHECK(list[0].host == "db1.example.com");
  CHECK(list[0].version == "13.2.0");
  CHECK(list[0].calls == 4);
  CHECK(list[0].errors == 3);
  CHECK(list[0].first_seen == start);
  CHECK(list[0].last_seen == start + 10s);
  CHECK(list[1].host == "db2.example.com");
  CHECK(list[1].calls == 1);
}

TEST_CASE("only calls of agents are noted, and only names of sane length") {
  CHECK(note("/agents/api?ah=db1") == std::string("\3db1\0\0", 6));
  CHECK(note("/api/public?ah=db1&av=1").empty());
  CHECK(note("/agents").empty());
  CHECK(note("/agents/api").empty());
  CHECK(note("/agents/api?ah=").empty());
  CHECK(note("/agents/api?xah=db1").empty());
  CHECK(note("").empty());
  CHECK_FALSE(call(std::string(255, 'h')).empty());
  CHECK(call(std::string(256, 'h')).empty());
}

TEST_CASE("names are decoded, and a version that is too long is none") {
  agent_register all;
  all.take(call("db%2D1%", "1%2e2") + call("db2", std::string(65, '9')), start);
  const auto list = all.list();
  CHECK(list[0].version.empty());
  CHECK(list[1].host == "db-1%");
  CHECK(list[1].version == "1.2");
}

TEST_CASE("who calls by a coded name is the one of the plain name") {
  agent_register all;
  all.take(call("db1") + call("d%621"), start);
  CHECK(all.list().size() == 1);
  CHECK(all.list().front().calls == 2);
}

TEST_CASE("an agent is silent after 90 s, when Ops Manager hands its monitoring to another one") {
  agent_register all;
  all.take(call("db1"), start);
  all.take(call("db2"), start + 1s);
  CHECK(all.summary(start + 90s).silent == 0);
  CHECK(all.summary(start + 91s).silent == 1);
  CHECK(all.summary(start + 91s).seen == 2);
}

TEST_CASE("an agent that has not called for a day is forgotten, whether others call or not") {
  agent_register all;
  all.take(call("db1"), start);
  all.take(call("db2"), start + 1s);
  all.take({}, start + 24h);
  CHECK(all.summary(start + 24h).silent == 2);
  all.take({}, start + 24h + 1s);
  REQUIRE(all.list().size() == 1);
  CHECK(all.list().front().host == "db2");
  all.take(call("db1"), start + 24h + 2s);
  REQUIRE(all.list().size() == 1);
  CHECK(all.list().front().first_seen == start + 24h + 2s);
  CHECK(all.forgotten() == 0);  // not for want of room
}

TEST_CASE("names that a client makes up push out those that were silent longest, and take no more room") {
  agent_register all;
  all.take(call("honest-1") + call("honest-2"), start);
  for (std::size_t i = 0; i < agent_register::most - 1; ++i) all.take(call("made-up-" + std::to_string(i)), start + 1s);
  all.take(call("honest-2"), start + 2s);
  CHECK(all.forgotten() == 1);
  auto list = all.list();
  CHECK(list.size() == agent_register::most);
  CHECK(list.front().host == "honest-2");
  CHECK(list.front().calls == 2);
  CHECK(list.back().host == "made-up-0");
  all.take(call("honest-1"), start + 3s);
  list = all.list();
  CHECK(list.size() == agent_register::most);
  CHECK(list.front().first_seen == start + 3s);
  CHECK(list.back().host == "made-up-1");
}

TEST_CASE("a summary tells few versions apart, the common ones first") {
  agent_register all;
  for (int i = 0; i < 100; ++i) all.take(call("rare-" + std::to_string(i), "0." + std::to_string(i)), start);
  for (int i = 0; i < 5; ++i) all.take(call("usual-" + std::to_string(i), "13.1.0"), start);
  all.take(note("/agents/api?ah=shy") + note("/agents/api?ah=timid"), start);
  const auto versions = all.summary(start).versions;
  CHECK(versions.size() == agent_register::most_versions + 1);
  CHECK(versions.at("13.1.0") == 5);
  CHECK(versions.at("unknown") == 2);
  CHECK(versions.at("other") == 100 - (agent_register::most_versions - 2));
}

TEST_CASE("notes that nobody takes are bounded") {
  agent_inbox inbox;
  std::string notes;
  for (std::size_t sent = 0; sent <= agent_inbox::most_bytes; sent += 2600) {
    for (int i = 0; i < 10; ++i) notes += call(std::string(253, 'h'));
    inbox.submit(notes);
    CHECK(notes.empty());
  }
  CHECK(inbox.dropped_bytes() > 0);
  std::string taken;
  inbox.take(taken);
  CHECK(taken.size() <= agent_inbox::most_bytes);
  agent_register all;
  all.take(taken, start);
  CHECK(all.list().size() == 1);
  inbox.take(taken);
  CHECK(taken.empty());
}
