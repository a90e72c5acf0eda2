#include "health/chronicle.hpp"

#include <catch2/catch_all.hpp>

#include <string>
#include <vector>

namespace opslb::health {

namespace {

using namespace std::chrono_literals;

const chronicle::time t0{1000s};

checked_host host(std::string name, unsigned status) {
  return {std::move(name), {{}, {}, ending::answered, status, "answered " + std::to_string(status)}};
}

checked_host refused(std::string name) { return {std::move(name), {{}, {}, ending::refused, 0, "connection refused"}}; }

picture of(const std::vector<checked_host>& hosts, bool any_up) { return {hosts, any_up, "/monitor/health"}; }

}  // namespace

TEST_CASE("a transition while others are up is one line with its reason") {
  chronicle told;
  const std::vector<checked_host> hosts{host("ops1", 500), host("ops2", 200)};

  const event dropped = told.note({change::went_down, hosts[0], 1, true}, of(hosts, true), t0);
  CHECK(dropped.warning);
  CHECK(dropped.text == "backend ops1 is down: answered 500 to /monitor/health");

  const event lost = told.note({change::went_down, refused("ops1"), 2, true}, of(hosts, true), t0);
  CHECK(lost.warning);
  CHECK(lost.text == "backend ops1 is down: connection refused (2 failed checks in a row)");

  const event back = told.note({change::went_up, host("ops1", 200), 2, true}, of(hosts, true), t0);
  CHECK_FALSE(back.warning);
  CHECK(back.text == "backend ops1 is up: answered 200 (2 good checks in a row)");

  const event fresh = told.note({change::went_up, host("ops1", 200), 1, false}, of(hosts, true), t0);
  CHECK(fresh.text == "backend ops1 is up: answered 200");
}

TEST_CASE("an outage says of each host what clients are not told") {
  chronicle told;
  const auto insecure = [](std::string name, const std::string& shown) {
    const std::string text = "TLS failed: certificate is for " + shown + ", backend is called " + name;
    return checked_host{std::move(name), {{}, {}, ending::insecure, 0, text}};
  };
  const std::vector<checked_host> hosts{insecure("ops1", "om1"), insecure("ops2", "om2")};
  const event outage = told.note({change::went_down, hosts[1], 1, true}, of(hosts, false), t0);
  CHECK(outage.text ==
        "no host is up: all 2 hosts cannot be reached: TLS failed; look at the hosts' certificates "
        "(ops1: TLS failed: certificate is for om1, backend is called ops1; "
        "ops2: TLS failed: certificate is for om2, backend is called ops2)");
}

TEST_CASE("when the last host goes down that is one event with its likely cause") {
  chronicle told;
  const std::vector<checked_host> hosts{host("ops1", 500), host("ops2", 500)};
  const event outage = told.note({change::went_down, hosts[1], 1, true}, of(hosts, false), t0);
  CHECK(outage.warning);
  CHECK(outage.text == "no host is up: all 2 hosts answer /monitor/health with 500: look at the application database");

  const event over = told.note({change::went_up, host("ops2", 200), 1, true}, of(hosts, true), t0 + 7s + 200ms);
  CHECK_FALSE(over.warning);
  CHECK(over.text == "backend ops2 is up again: answered 200 (no host was up for 7 s)");

  const event next = told.note({change::went_up, host("ops1", 200), 2, true}, of(hosts, true), t0 + 9s);
  CHECK(next.text == "backend ops1 is up: answered 200 (2 good checks in a row)");
}

TEST_CASE("a drained host comes and goes without an outage, and without ending one") {
  chronicle told;
  checked_host drained = refused("ops1");
  drained.drained = true;
  const std::vector<checked_host> hosts{drained, host("ops2", 500)};
  const event gone = told.note({change::went_down, drained, 2, true}, of(hosts, false), t0);
  CHECK_FALSE(gone.warning);
  CHECK(gone.text == "backend ops1 (drained) is down: connection refused");

  told.note({change::went_down, hosts[1], 1, true}, of(hosts, false), t0);
  drained.last = host("ops1", 200).last;
  CHECK(told.note({change::went_up, drained, 1, true}, of(hosts, false), t0 + 5s).text ==
        "backend ops1 (drained) is up: answered 200");
  CHECK(told.note({change::went_up, host("ops2", 200), 1, true}, of(hosts, true), t0 + 7s).text ==
        "backend ops2 is up again: answered 200 (no host was up for 7 s)");
}

TEST_CASE("a drain of the last host that served is an outage") {
  chronicle told;
  const std::vector<checked_host> hosts{{"ops1", {{}, {}, ending::drained, 0, "drained"}, true}, host("ops2", 500)};
  CHECK_FALSE(told.note_drain(of(hosts, true), t0));
  const auto news = told.note_drain(of(hosts, false), t0);
  REQUIRE(news);
  CHECK(news->warning);
  CHECK(news->text == "no host is up: ops1 is drained, ops2 answers /monitor/health with 500");
  CHECK_FALSE(told.note_drain(of(hosts, false), t0));
}

TEST_CASE("hosts that start down are told when the first round is over") {
  chronicle told;
  const std::vector<checked_host> hosts{refused("ops1"), host("ops2", 200), host("ops3", 503)};
  const auto news = told.note_first_round(std::vector{hosts[0], hosts[2]}, of(hosts, true), t0);
  REQUIRE(news.size() == 2);
  CHECK(news[0].warning);
  CHECK(news[0].text == "backend ops1 is down: connection refused");
  CHECK(news[1].text == "backend ops3 is down: answered 503 to /monitor/health");
}

TEST_CASE("an outage from the beginning is one event, and so is its end") {
  chronicle told;
  const std::vector<checked_host> hosts{refused("ops1"), refused("ops2")};
  const auto news = told.note_first_round(hosts, of(hosts, false), t0);
  REQUIRE(news.size() == 1);
  CHECK(news[0].warning);
  CHECK(news[0].text ==
        "no host is up: all 2 hosts cannot be reached: connection refused; look whether Ops Manager is running");

  const event up = told.note({change::went_up, host("ops1", 200), 1, false}, of(hosts, true), t0 + 61s);
  CHECK(up.text == "backend ops1 is up: answered 200 (no host was up for 1 min 1 s)");
}

TEST_CASE("a reload in the middle of an outage does not tell it again, nor begin its time anew") {
  chronicle told;
  const std::vector<checked_host> hosts{host("ops1", 500)};
  told.note({change::went_down, hosts[0], 1, true}, of(hosts, false), t0);
  CHECK(told.note_first_round({}, of(hosts, false), t0 + 5s).empty());
  const event over = told.note({change::went_up, host("ops1", 200), 1, true}, of(hosts, true), t0 + 10s);
  CHECK(over.text == "backend ops1 is up again: answered 200 (no host was up for 10 s)");
}

TEST_CASE("without any backend there is no outage") {
  chronicle told;
  CHECK(told.note_first_round({}, of({}, false), t0).empty());
  const event up = told.note({change::went_up, host("ops1", 200), 1, false}, of({}, true), t0 + 10s);
  CHECK(up.text == "backend ops1 is up: answered 200");
}

TEST_CASE("spans of time are told in words") {
  CHECK(describe_span(400ms) == "0 s");
  CHECK(describe_span(7s) == "7 s");
  CHECK(describe_span(59s + 700ms) == "1 min 0 s");
  CHECK(describe_span(192s) == "3 min 12 s");
  CHECK(describe_span(2h + 5min + 59s) == "2 h 5 min");
}

}  // namespace opslb::health
