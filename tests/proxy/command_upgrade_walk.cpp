#include "proxy/command/upgrade_walk.hpp"

#include <catch2/catch_all.hpp>
#include <string>
#include <vector>

using namespace opslb::command;
using Catch::Matchers::ContainsSubstring;

namespace {

seen_host up(std::string name, std::string version) {
  return {std::move(name), host_state::up, std::move(version), true, "answered 200", false, 9, 0, {}};
}
seen_host in_state(seen_host host, host_state state) {
  host.state = state;
  return host;
}
seen_host away(seen_host host) {
  host.is_healthy = false;
  host.check = "connection refused";
  host.was_away = true;
  host.good_checks = 0;
  return host;
}
seen_host back(seen_host host, std::string version, unsigned good_checks) {
  host.is_healthy = true;
  host.check = "answered 200";
  host.was_away = true;
  host.good_checks = good_checks;
  host.version = std::move(version);
  return host;
}

std::vector<seen_host> three(const std::string& version) {
  return {up("ops1", version), up("ops2", version), up("ops3", version)};
}

/// One host from the drain to its return.
void upgrade_one(upgrade_walk& walk, std::vector<seen_host>& seen, std::size_t which, const std::string& version) {
  seen_host& host = seen[which];
  CAPTURE(host.name);
  walk_step step = walk.next(seen);
  REQUIRE(step.what == walk_action::drain);
  REQUIRE(step.host == host.name);
  host = in_state(host, host_state::draining);
  host.in_flight = 2;
  host.oldest = "restore GET for 9 s, 1 MiB";
  step = walk.next(seen);
  CHECK(step.what == walk_action::wait);
  CHECK_THAT(step.progress, ContainsSubstring("2 in flight, the oldest: restore GET"));
  host = in_state(host, host_state::drained);
  step = walk.next(seen);
  REQUIRE(step.news.size() == 1);
  CHECK_THAT(step.news[0], ContainsSubstring("upgrade " + host.name + " now"));
  CHECK(walk.next(seen).what == walk_action::wait);
  host = away(host);
  CHECK(walk.next(seen).news.size() == 1);
  CHECK(walk.next(seen).news.empty());
  CHECK_THAT(walk.how_to_go_on(), ContainsSubstring(host.name + " stays drained"));
  host = back(host, version, 1);
  step = walk.next(seen);
  REQUIRE(step.what == walk_action::put_back);
  CHECK(step.host == host.name);
  host = in_state(host, host_state::down);
  CHECK(walk.next(seen).what == walk_action::wait);
  host = up(host.name, version);
  step = walk.next(seen);
  CHECK(step.what == walk_action::wait);
  CHECK_THAT(step.news.at(0), ContainsSubstring("serves again"));
}

}  // namespace

TEST_CASE("a rolling upgrade goes from host to host") {
  auto seen = three("8.0.4");
  upgrade_walk walk(seen, "");
  CHECK(walk.why_not().empty());
  CHECK(walk.plan() == std::vector<std::string>{"ops1", "ops2", "ops3"});
  for (std::size_t i = 0; i < 3; ++i) upgrade_one(walk, seen, i, "8.0.5");
  const walk_step last = walk.next(seen);
  CHECK(last.what == walk_action::finish);
  CHECK(last.news == std::vector<std::string>{"all hosts run 8.0.5: Upgrade Mode is over"});
}

TEST_CASE("a host is not put back by an Enter that came before it was empty") {
  auto seen = three("8.0.4");
  upgrade_walk walk(seen, "");
  walk.confirmed();
  REQUIRE(walk.next(seen).what == walk_action::drain);
  walk.confirmed();
  seen[0] = in_state(seen[0], host_state::draining);
  walk.next(seen);
  walk.confirmed();
  seen[0] = in_state(seen[0], host_state::drained);
  CHECK(walk.next(seen).what == walk_action::wait);
  CHECK(walk.next(seen).what == walk_action::wait);
  walk.confirmed();
  CHECK(walk.next(seen).what == walk_action::put_back);
}

TEST_CASE("those that have the newest version already are left alone, numbers being compared as numbers") {
  const std::vector<seen_host> seen{up("ops1", "8.0.10"), up("ops2", "8.0.9"), up("ops3", "8.0.9")};
  const upgrade_walk walk(seen, "");
  CHECK(walk.plan() == std::vector<std::string>{"ops2", "ops3"});
  CHECK(walk.describe(seen).back() == "done before: ops1");
  CHECK(upgrade_walk(seen, "ops1").plan() == std::vector<std::string>{"ops1"});
}

TEST_CASE("the host that is out already is the first, and may have its new version by now") {
  std::vector<seen_host> seen = three("8.0.4");
  seen[1] = in_state(back(seen[1], "8.0.5", 3), host_state::drained);
  seen[1].was_away = false;  // opslb was restarted meanwhile, and remembers no check
  upgrade_walk walk(seen, "");
  CHECK(walk.plan() == std::vector<std::string>{"ops2", "ops1", "ops3"});
  CHECK(walk.next(seen).what == walk_action::wait);
  CHECK(walk.next(seen).what == walk_action::wait);
  CHECK(walk.next(seen).what == walk_action::put_back);
}

TEST_CASE("it is not begun where it could not be finished") {
  const auto [about, seen, only, why] = GENERATE(table<std::string, std::vector<seen_host>, std::string, std::string>({
      {"a host is down",
       {up("ops1", "1.0.0"), away(in_state(up("ops2", ""), host_state::down))},
       "",
       "ops2 is down (its last check: connection refused)"},
      {"there is one host", {up("ops1", "1.0.0")}, "", "needs two hosts at least"},
      {"two are drained",
       {in_state(up("ops1", ""), host_state::drained), in_state(up("ops2", ""), host_state::draining), up("ops3", "")},
       "",
       "more than one host is drained"},
      {"another is drained than the one that is wanted",
       {in_state(up("ops1", ""), host_state::drained), up("ops2", ""), up("ops3", "")},
       "ops2",
       "ops1 is drained: finish it first by \"opslb upgrade --only ops1\""},
      {"no such host", {up("ops1", ""), up("ops2", "")}, "ops9", "there is no backend \"ops9\"; there are ops1, ops2"},
  }));
  CAPTURE(about);
  CHECK_THAT(upgrade_walk(seen, only).why_not(), ContainsSubstring(why));
}

TEST_CASE("a host that is back with the version that it had is not put back without a word") {
  auto seen = three("8.0.4");
  upgrade_walk walk(seen, "ops1");
  walk.next(seen);
  seen[0] = in_state(seen[0], host_state::drained);
  walk.next(seen);
  seen[0] = away(seen[0]);
  walk.next(seen);
  seen[0] = back(seen[0], "8.0.4", 1);
  CHECK(walk.next(seen).what == walk_action::wait);  // the manifest may have to be asked yet
  seen[0] = back(seen[0], "8.0.4", 2);
  CHECK(walk.next(seen).what == walk_action::confirm);
  CHECK(walk.next(seen).what == walk_action::wait);
  walk.confirmed();
  CHECK(walk.next(seen).what == walk_action::put_back);
}

TEST_CASE("hosts that tell no version are put back when they were away and are back") {
  auto seen = three("");
  upgrade_walk walk(seen, "");
  walk.next(seen);
  seen[0] = in_state(seen[0], host_state::drained);
  walk.next(seen);
  seen[0] = away(seen[0]);
  walk.next(seen);
  seen[0] = back(seen[0], "", 1);
  CHECK(walk.next(seen).what == walk_action::wait);
  seen[0] = back(seen[0], "", 2);
  CHECK(walk.next(seen).what == walk_action::put_back);
}

TEST_CASE("no host is drained while another one is not up") {
  auto seen = three("8.0.4");
  upgrade_walk walk(seen, "");
  upgrade_one(walk, seen, 0, "8.0.5");
  seen[2] = in_state(away(seen[2]), host_state::down);
  const walk_step step = walk.next(seen);
  CHECK(step.what == walk_action::wait);
  CHECK(step.progress == "waiting until ops3 is up (its last check: connection refused)");
  seen[2] = up("ops3", "8.0.4");
  CHECK(walk.next(seen).what == walk_action::drain);
  CHECK(walk.next(seen).what == walk_action::drain);  // asked again for as long as the guard says no
}

TEST_CASE("a host that somebody else put back is not waited for in vain") {
  auto seen = three("8.0.4");
  upgrade_walk walk(seen, "ops1");
  walk.next(seen);
  seen[0] = in_state(seen[0], host_state::drained);
  walk.next(seen);
  seen[0] = up("ops1", "8.0.4");
  CHECK_THAT(walk.next(seen).news.at(0), ContainsSubstring("ops1 (8.0.4) serves again"));
  CHECK(walk.next(seen).what == walk_action::finish);
}

TEST_CASE("how to go on says what the process has done, and not what it was asked for") {
  auto seen = three("8.0.4");
  upgrade_walk walk(seen, "ops1");
  REQUIRE(walk.next(seen).what == walk_action::drain);
  CHECK_THAT(walk.how_to_go_on(), ContainsSubstring("no host is drained"));  // the guard may say no
  walk.carried_out(walk_action::drain);
  CHECK_THAT(walk.how_to_go_on(), ContainsSubstring("ops1 stays drained"));
  seen[0] = in_state(away(seen[0]), host_state::drained);
  walk.next(seen);
  seen[0] = back(seen[0], "8.0.5", 1);
  REQUIRE(walk.next(seen).what == walk_action::put_back);
  CHECK_THAT(walk.how_to_go_on(), ContainsSubstring("ops1 stays drained"));
  walk.carried_out(walk_action::put_back);
  CHECK_THAT(walk.how_to_go_on(), ContainsSubstring("no host is drained"));
}

TEST_CASE("a host that was drained before stays so if nothing is begun") {
  auto seen = three("8.0.4");
  seen[1] = in_state(seen[1], host_state::drained);
  CHECK_THAT(upgrade_walk(seen, "").how_to_go_on(), ContainsSubstring("ops2 stays drained"));
}

TEST_CASE("hosts may all be gone in the end, or with the one that is out") {
  auto seen = three("8.0.4");
  upgrade_walk walk(seen, "ops1");
  walk.next(seen);
  CHECK(walk.next({}).progress == "waiting: ops1 is not configured any more");
  CHECK_THAT(walk.how_to_go_on(), ContainsSubstring("no host is drained"));
  walk.next(seen);
  seen[0] = in_state(seen[0], host_state::drained);
  walk.next(seen);
  seen[0] = up("ops1", "8.0.5");
  walk.next(seen);
  const walk_step last = walk.next({});
  CHECK(last.what == walk_action::finish);
  CHECK(last.news == std::vector<std::string>{"no host is configured any more"});
}
