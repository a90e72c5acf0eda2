#include "proxy/upstream/balancer.hpp"

#include <catch2/catch_all.hpp>
#include <map>
#include <string>
#include <vector>

using namespace opslb;
using namespace opslb::upstream;
using std::chrono::steady_clock;

namespace {

const steady_clock::time_point start{std::chrono::hours(1)};
const headers::ip_address client = *headers::ip_address::parse("192.0.2.1");

struct host {
  std::string name;
  unsigned weight = 1;
  unsigned max_requests = 0;
};

std::vector<backend_slot> hosts(const std::vector<host>& of) {
  std::vector<backend_slot> slots;
  for (const host& each : of) {
    backend_slot slot;
    slot.shared = std::make_shared<backend>();
    slot.shared->name = each.name;
    slot.settings.name = each.name;
    slot.settings.weight = each.weight;
    slot.settings.max_requests = each.max_requests;
    slot.shared->health->observe(health::verdict::healthy, true, {}, start);
    slots.push_back(slot);
  }
  return slots;
}

void take_down(const backend_slot& slot) { slot.shared->health->observe(health::verdict::unhealthy, true, {}, start); }

std::map<std::string, int> picks(balancer& chooser, const std::vector<backend_slot>& from, int times, bool keep) {
  std::map<std::string, int> counted;
  for (int i = 0; i < times; ++i) {
    const pick found = chooser.choose(from, {}, client, start);
    REQUIRE(found.result == pick_result::picked);
    ++counted[from[found.index].shared->name];
    if (!keep) from[found.index].leave();
  }
  return counted;
}

}  // namespace

TEST_CASE("least_requests evens out what is in flight, by weight") {
  balancer chooser(balance_rule::least_requests, 0s, false);
  const auto from = hosts({{"a", 1}, {"b", 2}, {"c", 1}});
  const auto counted = picks(chooser, from, 400, true);
  CHECK(counted.at("a") == 100);
  CHECK(counted.at("b") == 200);
  CHECK(counted.at("c") == 100);
}

TEST_CASE("least_requests spreads ties") {
  balancer chooser(balance_rule::least_requests, 0s, false);
  const auto from = hosts({{"a"}, {"b"}, {"c"}});
  const auto counted = picks(chooser, from, 3000, false);
  for (const auto& [name, count] : counted) CHECK(count > 600);
  CHECK(counted.size() == 3);
}

TEST_CASE("round_robin takes turns exactly, by weight") {
  balancer chooser(balance_rule::round_robin, 0s, false);
  const auto from = hosts({{"a", 3}, {"b", 1}});
  const auto counted = picks(chooser, from, 400, false);
  CHECK(counted.at("a") == 300);
  CHECK(counted.at("b") == 100);
}

TEST_CASE("source_ip keeps a client where it is, and moves only the clients of a host that goes down") {
  balancer chooser(balance_rule::source_ip, 0s, false);
  const auto from = hosts({{"a"}, {"b"}, {"c"}});
  std::map<unsigned, std::size_t> before;
  for (std::uint8_t i = 0; i < 200; ++i) {
    const auto address = headers::ip_address::v4({10, 0, 0, i});
    const pick first = chooser.choose(from, {}, address, start);
    const pick second = chooser.choose(from, {}, address, start);
    CHECK(first.index == second.index);
    before[i] = first.index;
  }
  take_down(from[1]);
  for (std::uint8_t i = 0; i < 200; ++i) {
    const pick now = chooser.choose(from, {}, headers::ip_address::v4({10, 0, 0, i}), start);
    if (before[i] == 1) {
      CHECK(now.index != 1);
    } else {
      CHECK(now.index == before[i]);
    }
  }
}

TEST_CASE("what was tried, is down or is full is not picked") {
  for (const balance_rule rule : {balance_rule::least_requests, balance_rule::round_robin, balance_rule::source_ip}) {
    CAPTURE(static_cast<int>(rule));
    balancer chooser(rule, 0s, false);
    const auto from = hosts({{"a", 1, 1}, {"b"}, {"c"}});
    take_down(from[2]);
    backend_set tried;
    tried.set(1);
    const pick first = chooser.choose(from, tried, client, start);
    REQUIRE(first.result == pick_result::picked);
    CHECK(first.index == 0);
    CHECK(first.why == "only one left");
    CHECK(chooser.choose(from, tried, client, start).result == pick_result::all_full);
    tried.set(0);
    CHECK(chooser.choose(from, tried, client, start).result == pick_result::all_tried);
    from[0].leave();
    take_down(from[0]);
    take_down(from[1]);
    CHECK(chooser.choose(from, {}, client, start).result == pick_result::none_up);
  }
}

TEST_CASE("a drained host is not picked by any rule, nor by `pass`") {
  for (const balance_rule rule : {balance_rule::least_requests, balance_rule::round_robin, balance_rule::source_ip}) {
    CAPTURE(static_cast<int>(rule));
    balancer chooser(rule, 0s, true);
    const auto from = hosts({{"a"}, {"b"}});
    from[0].shared->health->drain();
    for (std::uint8_t i = 0; i < 50; ++i)
      CHECK(chooser.choose(from, {}, headers::ip_address::v4({10, 0, 0, i}), start).index == 1);
    take_down(from[1]);
    CHECK(chooser.choose(from, {}, client, start).index == 1);  // it answers
    from[1].shared->health->drain();
    CHECK(chooser.choose(from, {}, client, start).result == pick_result::none_up);
  }
}

TEST_CASE("with `pass`, hosts that at least answer are used while none is up") {
  balancer refuse(balance_rule::least_requests, 0s, false);
  balancer pass(balance_rule::least_requests, 0s, true);
  const auto from = hosts({{"a"}, {"b"}});
  take_down(from[0]);
  from[1].shared->health->observe(health::verdict::unreachable, false, {1, 1, false}, start);
  CHECK(refuse.choose(from, {}, client, start).result == pick_result::none_up);
  const pick found = pass.choose(from, {}, client, start);
  REQUIRE(found.result == pick_result::picked);
  CHECK(found.index == 0);
}

TEST_CASE("a backend that came back gets its share little by little") {
  CHECK(ramp(0s, 0s) == 1.0);
  CHECK(ramp(0s, 10s) == Catch::Approx(0.1));
  CHECK(ramp(5s, 10s) == Catch::Approx(0.5));
  CHECK(ramp(10s, 10s) == 1.0);

  for (const balance_rule rule : {balance_rule::least_requests, balance_rule::round_robin}) {
    CAPTURE(static_cast<int>(rule));
    balancer chooser(rule, 10s, false);
    const auto from = hosts({{"a"}, {"b"}});
    take_down(from[1]);
    from[1].shared->health->observe(health::verdict::healthy, true, {1, 1, false}, start);
    std::map<std::size_t, int> counted;
    for (int i = 0; i < 1000; ++i) ++counted[chooser.choose(from, {}, client, start + 2s).index];
    CHECK(counted[1] > 80);
    CHECK(counted[1] < 320);
  }
}
