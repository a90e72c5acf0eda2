#include "health/checker.hpp"

#include <catch2/catch_all.hpp>

#include <atomic>
#include <string>
#include <vector>

#include "journal.hpp"
#include "scripted_server.hpp"

namespace opslb::health {

namespace {

using namespace std::chrono_literals;

/// An interval and a timeout that no test lives to see.
constexpr std::chrono::milliseconds never = 10h;

target at(std::string name, std::uint16_t port, std::string host = "127.0.0.1") {
  const std::string authority = host + ':' + std::to_string(port);
  return {std::make_shared<entry>(), std::move(name), std::move(host), port, authority};
}

check_settings every(std::chrono::milliseconds interval) {
  check_settings settings;
  settings.interval = interval;
  settings.timeout = never;
  settings.user_agent = "opslb-health/1";
  return settings;
}

/// A backend that gives the answers of `statuses` in turn, 0 being none, and then the last one for ever.
scripted_server::script answers(std::vector<unsigned> statuses) {
  return [statuses = std::move(statuses)](scripted_connection& connection, std::size_t number) {
    const unsigned status = statuses[std::min(number, statuses.size() - 1)];
    connection.read_request();
    if (status != 0) connection.send(answer(status, status == 200 ? "OK" : "Server Error"));
  };
}

void hang(scripted_connection& connection, std::size_t) {
  connection.read_request();
  connection.wait_for_close();
}

}  // namespace

TEST_CASE("every backend is checked at once, and the first round ends with the last result") {
  scripted_server one(answers({200})), two(answers({500}));
  const refusing_port three;
  journal told;
  checker checks(told.callbacks());
  const std::vector targets{at("ops1", one.port()), at("ops2", two.port()), at("ops3", three.port())};
  checks.use(targets, every(never), [&] { told.write("first round"); });
  REQUIRE(told.wait_for("first round"));

  CHECK(targets[0].who->is_up());
  CHECK(targets[0].who->up_since() == entry::steady_time{});
  CHECK(targets[0].who->last().text == "answered 200");
  CHECK(targets[0].who->last().status == 200);
  CHECK(targets[0].who->address()->to_string() == one.authority());
  CHECK_FALSE(targets[1].who->is_up());
  CHECK(targets[1].who->answers());
  CHECK(targets[1].who->last().text == "answered 500 Server Error");
  CHECK_FALSE(targets[2].who->is_up());
  CHECK_FALSE(targets[2].who->answers());
  CHECK(targets[2].who->last().text == "connection refused");
  CHECK(targets[2].who->last().status == 0);
  CHECK(told.reports() ==
        std::vector<std::string>{"backend ops1 is up: answered 200",
                                 "! backend ops2 is down: answered 500 Server Error to /monitor/health",
                                 "! backend ops3 is down: connection refused"});
}

TEST_CASE("no answer counts after fall in a row, and a return takes rise") {
  scripted_server steady(answers({200})), shaky(answers({200, 0, 200, 0, 0, 0, 200, 500, 200, 200, 500, 200, 200}));
  journal told;
  checker checks(told.callbacks());
  const auto first = at("steady", steady.port());
  checks.use({first}, every(never), [&] { told.write("first round"); });
  REQUIRE(told.wait_for("first round"));
  checks.use({first, at("shaky", shaky.port())}, every(5ms), [] {});
  REQUIRE(told.wait_for("backend shaky is up: answered 200"));
  REQUIRE(
      told.wait_for("! backend shaky is down: connection closed without a complete answer (2 failed checks in a row)"));
  REQUIRE(told.wait_for("backend shaky is up: answered 200 (2 good checks in a row)"));
  REQUIRE(told.wait_for("! backend shaky is down: answered 500 Server Error to /monitor/health"));
  REQUIRE(told.wait_for("backend shaky is up: answered 200 (2 good checks in a row)"));
}

TEST_CASE("an outage of all hosts is one event with its cause, and one good check ends it") {
  std::atomic<unsigned> status = 200;
  scripted_server one([&](scripted_connection& connection, std::size_t) { answers({status})(connection, 0); });
  scripted_server two(answers({500}));
  journal told;
  checker checks(told.callbacks());
  auto settings = every(5ms);
  settings.rise = 1000;
  checks.use({at("ops1", one.port()), at("ops2", two.port())}, settings, [&] { told.write("first round"); });
  REQUIRE(told.wait_for("first round"));
  status = 500;
  REQUIRE(
      told.wait_for("! no host is up: all 2 hosts answer /monitor/health with 500: look at the application database"));
  REQUIRE(told.wait_for("changed"));
  REQUIRE(one.wait_for_connections(one.connections() + 5));
  status = 200;
  REQUIRE(told.wait_for_beginning("backend ops1 is up again: answered 200 (no host was up for "));
  REQUIRE(told.wait_for("changed"));
  CHECK(told.reports().size() == 4);  // the first round's two, and nothing in between
}

TEST_CASE("an outage from the start on is told when the first round is over") {
  scripted_server two(answers({500}));
  const refusing_port one;
  journal told;
  checker checks(told.callbacks());
  checks.use({at("ops1", one.port()), at("ops2", two.port())}, every(never), [&] { told.write("first round"); });
  REQUIRE(told.wait_for("first round"));
  CHECK(told.reports() ==
        std::vector<std::string>{
            "! no host is up: ops1 cannot be reached (connection refused), ops2 answers /monitor/health with 500"});
}

TEST_CASE("while no host is up checks run every second, whatever the interval") {
  scripted_server server(answers({500, 500, 200}));
  journal told;
  checker checks(told.callbacks());
  const auto began = std::chrono::steady_clock::now();
  checks.use({at("ops1", server.port())}, every(never), [] {});
  REQUIRE(told.wait_for_beginning("backend ops1 is up: answered 200 (no host was up for "));
  CHECK(std::chrono::steady_clock::now() - began >= 2s);
}

TEST_CASE("when an outage is over the other hosts still need rise good checks, but do not wait for the interval") {
  std::atomic<unsigned> status_of_two = 500;
  scripted_server one(answers({500, 200})),
      two([&](scripted_connection& connection, std::size_t number) { answers({status_of_two})(connection, number); });
  journal told;
  checker checks(told.callbacks());
  checks.use({at("ops1", one.port()), at("ops2", two.port())}, every(never), [] {});
  REQUIRE(told.wait_for_beginning("backend ops1 is up: answered 200 (no host was up for "));
  status_of_two = 200;
  REQUIRE(told.wait_for("backend ops2 is up: answered 200 (2 good checks in a row)"));
  CHECK(one.connections() == 2);
}

TEST_CASE("a suspicion of live traffic brings the next check forward, to one second after the last") {
  scripted_server server(answers({200}));
  journal told;
  checker checks(told.callbacks());
  const auto ops1 = at("ops1", server.port());
  const auto began = std::chrono::steady_clock::now();
  checks.use({ops1}, every(never), [&] { told.write("first round"); });
  REQUIRE(told.wait_for("first round"));
  for (int i = 0; i < 100; ++i) checks.suspect(ops1.who.get());
  CHECK(server.wait_for_connections(2));
  CHECK(std::chrono::steady_clock::now() - began >= 1s);
  checks.suspect(ops1.who.get());
  CHECK(server.wait_for_connections(3));
  CHECK(std::chrono::steady_clock::now() - began >= 2s);
}

TEST_CASE("a suspicion of a backend that is no longer configured does nothing") {
  scripted_server server(answers({200}));
  journal told;
  checker checks(told.callbacks());
  const entry gone;
  checks.suspect(&gone);
  checks.use({at("ops1", server.port())}, every(never), [&] { told.write("first round"); });
  REQUIRE(told.wait_for("first round"));
  CHECK(server.connections() == 1);
}

TEST_CASE("a changed configuration drops checks in flight and the first round they belonged to") {
  scripted_server stuck(hang), well(answers({200}));
  journal told;
  checker checks(told.callbacks());
  const auto old_one = at("ops1", stuck.port());
  checks.use({old_one}, every(never), [&] { told.write("first round of the old"); });
  REQUIRE(stuck.wait_for_connections(1));
  checks.use({at("ops1", well.port())}, every(never), [&] { told.write("first round of the new"); });
  REQUIRE(told.wait_for("first round of the new"));
  CHECK(old_one.who->checks() == 0);
  for (const std::string& line : told.lines()) CHECK(line != "first round of the old");
}

TEST_CASE("a backend that stays configured keeps its standing and is checked at once") {
  scripted_server server([](scripted_connection& connection, std::size_t number) {
    if (number == 1) return hang(connection, number);
    answers({200})(connection, number);
  });
  scripted_server added(answers({200}));
  journal told;
  checker checks(told.callbacks());
  const auto ops1 = at("ops1", server.port());
  checks.use({ops1}, every(never), [&] { told.write("first round"); });
  REQUIRE(told.wait_for("first round"));
  const headers::endpoint* address = ops1.who->address();

  checks.use({ops1, at("ops2", added.port())}, every(never), [&] { told.write("second round"); });
  REQUIRE(server.wait_for_connections(2));
  CHECK(ops1.who->is_up());
  CHECK(ops1.who->checks() == 1);

  checks.use({ops1, at("ops2", added.port())}, every(never), [&] { told.write("third round"); });
  REQUIRE(told.wait_for("third round"));
  CHECK(ops1.who->is_up());
  CHECK(ops1.who->checks() == 2);
  CHECK(ops1.who->address() == address);
  CHECK(std::ranges::count(told.lines(), "backend ops1 is up: answered 200") == 1);
}

TEST_CASE("a first round without backends is over at once") {
  journal told;
  checker checks(told.callbacks());
  checks.use({}, every(never), [&] { told.write("first round"); });
  REQUIRE(told.wait_for("first round"));
  CHECK(told.reports().empty());
}

TEST_CASE("each request carries what the configuration says") {
  std::string seen;
  std::uint16_t port = 0;
  {
    scripted_server server([&seen](scripted_connection& connection, std::size_t) {
      seen = connection.read_request();
      connection.send(answer(200, "OK"));
    });
    port = server.port();
    journal told;
    checker checks(told.callbacks());
    auto settings = every(never);
    settings.path = "/other";
    settings.preamble = "PROXY UNKNOWN\r\n";
    checks.use({at("ops1", port)}, settings, [&] { told.write("first round"); });
    REQUIRE(told.wait_for("first round"));
  }
  CHECK(seen == "PROXY UNKNOWN\r\nGET /other HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) +
                    "\r\nUser-Agent: opslb-health/1\r\nAccept: */*\r\nConnection: close\r\n\r\n");
}

TEST_CASE("a name that cannot be resolved is a failed check, not an error") {
  journal told;
  checker checks(told.callbacks());
  const auto lost = at("ops1", 8080, "nonexistent.invalid");
  checks.use({lost}, every(never), [&] { told.write("first round"); });
  REQUIRE(told.wait_for("first round"));
  CHECK(lost.who->address() == nullptr);
  CHECK(lost.who->last().how == ending::unresolved);
  CHECK(lost.who->last().text.starts_with("name nonexistent.invalid could not be resolved: "));
}

TEST_CASE("a checker ends without waiting for its checks") {
  scripted_server stuck(hang);
  const silent_port silent;
  journal told;
  {
    checker checks(told.callbacks());
    checks.use({at("ops1", stuck.port()), at("ops2", silent.port())}, every(never), [&] { told.write("first round"); });
    REQUIRE(stuck.wait_for_connections(1));
  }
  // With a timeout of hours, to be here at all is the proof.
  CHECK(told.lines().empty());
}

TEST_CASE("a checker that was never used ends, and so does one that has just been given work") {
  scripted_server stuck(hang);
  journal told;
  {
    checker idle(told.callbacks());
  }
  for (int i = 0; i < 50; ++i) {
    checker checks(told.callbacks());
    checks.use({at("ops1", stuck.port()), at("ops2", 1, "localhost")}, every(never), [] {});
  }
  SUCCEED();
}

}  // namespace opslb::health
