#include "health/board.hpp"

#include <catch2/catch_all.hpp>

#include <vector>

namespace opslb::health {

namespace {

using namespace std::chrono_literals;

const entry::steady_time t0{1000s};
const entry::steady_time never{};
constexpr thresholds bounds{2, 2, false};

headers::endpoint at(std::uint8_t last, std::uint16_t port) {
  return {headers::ip_address::v4({192, 0, 2, last}), port};
}

}  // namespace

TEST_CASE("an entry starts down, unchecked and without address") {
  const entry host;
  CHECK_FALSE(host.is_up());
  CHECK_FALSE(host.answers());
  CHECK(host.address() == nullptr);
  CHECK(host.checks() == 0);
  CHECK(host.last().how == ending::unchecked);
}

TEST_CASE("a host that was up from its first check on has no time since when it is up") {
  entry host;
  CHECK(host.observe(verdict::healthy, true, bounds, t0) == change::went_up);
  CHECK(host.is_up());
  CHECK(host.up_since() == never);
}

TEST_CASE("a host that came up later tells since when") {
  entry host;
  host.observe(verdict::unreachable, false, bounds, t0);
  host.observe(verdict::healthy, true, bounds, t0 + 1s);
  CHECK(host.up_since() == never);
  host.observe(verdict::healthy, true, bounds, t0 + 2s);
  CHECK(host.up_since() == t0 + 2s);
  host.observe(verdict::healthy, true, bounds, t0 + 3s);
  CHECK(host.up_since() == t0 + 2s);
}

TEST_CASE("an entry counts checks and drops, and knows whether the last check was answered") {
  entry host;
  host.observe(verdict::healthy, true, bounds, t0);
  CHECK(host.observe(verdict::unhealthy, true, bounds, t0) == change::went_down);
  CHECK(host.answers());
  CHECK_FALSE(host.is_up());
  host.observe(verdict::unreachable, false, bounds, t0);
  CHECK_FALSE(host.answers());
  CHECK(host.checks() == 3);
  CHECK(host.went_down() == 1);
}

TEST_CASE("a drained host is in rotation no more, whatever its checks say") {
  entry host;
  host.observe(verdict::healthy, true, bounds, t0);
  CHECK(host.in_rotation());
  host.drain();
  CHECK(host.is_drained());
  CHECK_FALSE(host.in_rotation());
  CHECK_FALSE(host.may_be_tried());
  CHECK(host.is_up());
  CHECK(host.why_out().how == ending::drained);
  CHECK(host.observe(verdict::unhealthy, true, bounds, t0) == change::went_down);
  host.observe(verdict::healthy, true, bounds, t0);
  CHECK(host.observe(verdict::healthy, true, bounds, t0) == change::went_up);
  CHECK(host.is_up());
  CHECK_FALSE(host.in_rotation());
}

TEST_CASE("a host that is put back is down at once, and up after `rise` good checks from then on") {
  entry host;
  host.observe(verdict::healthy, true, bounds, t0);
  host.drain();
  host.put_back();
  CHECK_FALSE(host.is_drained());
  CHECK_FALSE(host.is_up());
  CHECK_FALSE(host.in_rotation());
  host.start_over();
  CHECK_FALSE(host.is_up());
  CHECK(host.observe(verdict::healthy, true, bounds, t0) == change::unchanged);
  CHECK_FALSE(host.in_rotation());
  CHECK(host.observe(verdict::healthy, true, bounds, t0 + 1s) == change::went_up);
  CHECK(host.in_rotation());
  CHECK(host.up_since() == t0 + 1s);
}

TEST_CASE("a check that ends between putting back and starting over brings nobody back") {
  entry host;
  host.observe(verdict::healthy, true, bounds, t0);
  host.drain();
  host.put_back();
  host.observe(verdict::healthy, true, bounds, t0);
  CHECK_FALSE(host.in_rotation());
  host.start_over();
  CHECK_FALSE(host.in_rotation());
}

TEST_CASE("a host that is drained again before it came back stays out") {
  entry host;
  host.observe(verdict::healthy, true, bounds, t0);
  host.drain();
  host.put_back();
  host.drain();
  host.start_over();
  host.observe(verdict::healthy, true, bounds, t0);
  host.observe(verdict::healthy, true, bounds, t0);
  CHECK(host.is_drained());
  CHECK(host.is_up());
  CHECK_FALSE(host.in_rotation());
}

TEST_CASE("one address is always the same pointer, and pointers stay good") {
  entry host;
  host.set_address(at(1, 8080));
  const headers::endpoint* first = host.address();
  CHECK(*first == at(1, 8080));
  host.set_address(at(1, 8080));
  CHECK(host.address() == first);

  std::vector<const headers::endpoint*> others;
  for (std::uint8_t i = 2; i < 200; ++i) {
    host.set_address(at(i, 8080));
    others.push_back(host.address());
  }
  for (std::uint8_t i = 2; i < 200; ++i) CHECK(*others[i - 2U] == at(i, 8080));

  host.set_address(at(1, 8081));
  CHECK(host.address() != first);
  host.set_address(at(1, 8080));
  CHECK(host.address() == first);
}

TEST_CASE("of several suspicions between two checks only the first counts") {
  entry host;
  CHECK(host.raise_suspicion());
  CHECK_FALSE(host.raise_suspicion());
  host.clear_suspicion();
  CHECK(host.raise_suspicion());
}

TEST_CASE("the last check is kept for reports") {
  entry host;
  host.set_last({{}, 12ms, ending::answered, 500, "answered 500"});
  CHECK(host.last().status == 500);
  CHECK(host.last().took == 12ms);
  CHECK(host.last().text == "answered 500");
}

}  // namespace opslb::health
