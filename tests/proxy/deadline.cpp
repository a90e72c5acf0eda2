#include "proxy/deadline.hpp"

#include <catch2/catch_all.hpp>

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <stdexcept>
#include <vector>

using opslb::deadline;
using opslb::deadline_wheel;
using namespace std::chrono_literals;
using time_point = deadline::time_point;

namespace {

constexpr auto tick = 100ms;
const time_point start = time_point(1000s);

/// A wheel with a time that the test moves.
struct stage {
  deadline_wheel wheel{tick, start};
  time_point now = start;

  void pass(std::chrono::milliseconds time) {
    for (const auto until = now + time; now < until;) {
      now = std::min(now + 10ms, until);
      wheel.advance(now);
    }
  }
};

/// A deadline that remembers when it expired, and does something of the test's choice then.
struct watched {
  explicit watched(stage& at)
      : on(at),
        what(at.wheel, [](void* self) { static_cast<watched*>(self)->expire(); }, this) {}

  void expire() {
    expired.push_back(on.now);
    if (then) then();
  }

  stage& on;
  deadline what;
  std::vector<time_point> expired;
  std::function<void()> then;
};

}  // namespace

TEST_CASE("a deadline expires once, not early and at most two ticks late") {
  const auto after = GENERATE(0ms, 1ms, 99ms, 100ms, 101ms, 1s, 51s, 51100ms, 51200ms, 51300ms, 180s, 1h);
  const auto offset = GENERATE(0ms, 10ms, 50ms, 90ms);
  stage s;
  watched d(s);
  s.pass(offset);
  const auto armed = s.now;
  d.what.expire_after(after);
  CHECK(d.what.is_armed());
  s.pass(after + 300ms);
  CAPTURE(after.count(), offset.count());
  REQUIRE(d.expired.size() == 1);
  CHECK(d.expired[0] >= armed + after);
  CHECK(d.expired[0] <= armed + after + 2 * tick);
  CHECK_FALSE(d.what.is_armed());
  CHECK(s.wheel.empty());
}

TEST_CASE("a deadline for a point in time expires within a tick of it") {
  stage s;
  watched d(s);
  d.what.expire_at(start + 250ms);
  s.pass(240ms);
  CHECK(d.expired.empty());
  s.pass(60ms);
  REQUIRE(d.expired.size() == 1);
  CHECK(d.expired[0] == start + 300ms);
}

TEST_CASE("a deadline for a time that has passed expires with the next tick") {
  stage s;
  s.pass(1s);
  watched d(s);
  d.what.expire_at(start);
  CHECK(d.expired.empty());
  s.pass(tick);
  CHECK(d.expired.size() == 1);
}

TEST_CASE("a deadline that keeps moving does not expire until it stops moving") {
  stage s;
  watched d(s);
  for (int i = 0; i < 1000; ++i) {
    d.what.expire_after(500ms);
    s.pass(400ms);
  }
  CHECK(d.expired.empty());
  s.pass(400ms);
  CHECK(d.expired.size() == 1);
}

TEST_CASE("a deadline can be moved to an earlier time") {
  stage s;
  watched d(s);
  d.what.expire_after(1h);
  s.pass(1s);
  d.what.expire_after(200ms);
  s.pass(400ms);
  CHECK(d.expired.size() == 1);
  s.pass(2h);
  CHECK(d.expired.size() == 1);
}

TEST_CASE("a disarmed deadline never expires, and its place is free after its turn") {
  stage s;
  watched d(s);
  d.what.expire_after(300ms);
  d.what.disarm();
  CHECK_FALSE(d.what.is_armed());
  s.pass(500ms);
  CHECK(d.expired.empty());
  CHECK(s.wheel.empty());
}

TEST_CASE("a disarmed deadline can be armed again, for earlier and for later") {
  const auto again = GENERATE(100ms, 300ms, 900ms, 200s);
  stage s;
  watched d(s);
  d.what.expire_after(300ms);
  d.what.disarm();
  d.what.expire_after(again);
  s.pass(again - 10ms);
  CHECK(d.expired.empty());
  s.pass(10ms + 2 * tick);
  CHECK(d.expired.size() == 1);
}

TEST_CASE("destroying a deadline disarms it") {
  stage s;
  {
    watched d(s);
    d.what.expire_after(100ms);
  }
  CHECK(s.wheel.empty());
  s.pass(1s);
}

TEST_CASE("a deadline can be armed again in its own callback, and expires once a round") {
  stage s;
  watched d(s);
  d.then = [&] { d.what.expire_after(0ms); };
  d.what.expire_after(0ms);
  s.pass(1s);
  CHECK(d.expired.size() >= 5);
  CHECK(d.expired.size() <= 10);
  for (std::size_t i = 1; i < d.expired.size(); ++i) CHECK(d.expired[i] >= d.expired[i - 1] + tick);
}

TEST_CASE("arming for the past in a callback does not hold up the round") {
  stage s;
  watched d(s);
  d.then = [&] { d.what.expire_at(start); };
  d.what.expire_at(start);
  s.wheel.advance(start + 1h);
  CHECK(d.expired.size() == 1);
}

TEST_CASE("a callback may destroy its own deadline") {
  stage s;
  auto d = std::make_unique<watched>(s);
  bool called = false;
  d->then = [&] {
    called = true;
    // Moved out first: the function object that runs is a member of what is destroyed.
    const auto last = std::move(d->then);
    d.reset();
  };
  d->what.expire_after(100ms);
  s.pass(1s);
  CHECK(called);
  CHECK(s.wheel.empty());
}

TEST_CASE("a callback may destroy, disarm and arm others that are due in the same turn") {
  stage s;
  watched first(s);
  auto destroyed = std::make_unique<watched>(s);
  watched disarmed(s);
  watched put_off(s);
  watched last(s);
  first.then = [&] {
    destroyed.reset();
    disarmed.what.disarm();
    put_off.what.expire_after(1s);
  };
  for (auto* each : {&first, destroyed.get(), &disarmed, &put_off, &last}) each->what.expire_at(start + 100ms);
  s.pass(100ms);
  CHECK(first.expired.size() == 1);
  CHECK(disarmed.expired.empty());
  CHECK(put_off.expired.empty());
  CHECK(last.expired.size() == 1);
  s.pass(1200ms);
  CHECK(put_off.expired.size() == 1);
}

TEST_CASE("a callback may destroy everything else that is armed, in its turn and in others") {
  stage s;
  std::vector<std::unique_ptr<watched>> others;
  watched first(s);
  first.then = [&] { others.clear(); };
  first.what.expire_at(start + 100ms);
  for (int i = 0; i < 600; ++i) {
    others.push_back(std::make_unique<watched>(s));
    others.back()->what.expire_at(start + 100ms * (1 + i % 3));
  }
  s.wheel.advance(start + 10s);
  CHECK(others.empty());
  CHECK(s.wheel.empty());
}

TEST_CASE("after a pause everything that became due expires at once, and nothing else") {
  stage s;
  watched soon(s), later(s), much_later(s);
  soon.what.expire_at(start + 1s);
  later.what.expire_at(start + 2h);
  much_later.what.expire_at(start + 5h);
  s.now = start + 3h;
  s.wheel.advance(s.now);
  CHECK(soon.expired.size() == 1);
  CHECK(later.expired.size() == 1);
  CHECK(much_later.expired.empty());
  s.pass(2h + 100ms);
  CHECK(much_later.expired.size() == 1);
}

TEST_CASE("the longest of times are far off, not in the past") {
  stage s;
  watched a(s), b(s);
  a.what.expire_after(std::chrono::milliseconds::max());
  b.what.expire_at(time_point::max() - 1ns);
  s.wheel.advance(start + std::chrono::hours(24 * 365));
  CHECK(a.expired.empty());
  CHECK(b.expired.empty());
  CHECK(a.what.is_armed());
}

TEST_CASE("time that stands still or goes back changes nothing") {
  stage s;
  watched d(s);
  s.pass(1s);
  d.what.expire_after(0ms);
  s.wheel.advance(start);
  s.wheel.advance(s.now);
  CHECK(s.wheel.now() == s.now);
  CHECK(d.expired.empty());
}

TEST_CASE("the wheel tells when its next slot is due") {
  stage s;
  CHECK_FALSE(s.wheel.next_due());
  watched a(s), b(s), far(s);
  far.what.expire_at(start + 1h);
  CHECK(s.wheel.next_due() == start + 511 * tick);  // looked at again once a turn of the wheel
  b.what.expire_at(start + 730ms);
  CHECK(s.wheel.next_due() == start + 800ms);
  a.what.expire_at(start + 200ms);
  CHECK(s.wheel.next_due() == start + 200ms);
  s.pass(200ms);
  CHECK(s.wheel.next_due() == start + 800ms);
}

TEST_CASE("deadlines may outlive their wheel") {
  auto wheel = std::make_unique<deadline_wheel>(tick, start);
  auto d = std::make_unique<deadline>(*wheel, [](void*) {}, nullptr);
  d->expire_after(1s);
  wheel.reset();
  d.reset();
  SUCCEED();
}

TEST_CASE("thousands of random operations do what a plain list of times does") {
  std::mt19937 random(GENERATE(1U, 2U, 3U, 4U));
  stage s;
  struct modelled {
    std::unique_ptr<watched> real;
    std::optional<time_point> due;  ///< what expire_at was given
  };
  std::vector<modelled> all(50);
  const auto make = [&](modelled& one) {
    one.real = std::make_unique<watched>(s);
    one.due.reset();
    one.real->then = [&one, &s] {
      // Not early, not without being armed; and within a tick, since expire_at was used.
      if (!one.due || s.now < *one.due) throw std::logic_error("expired early");
      one.due.reset();
    };
  };
  for (auto& one : all) make(one);

  for (int step = 0; step < 20'000; ++step) {
    auto& one = all[random() % all.size()];
    switch (random() % 8) {
      case 0: make(one); break;
      case 1:
        one.real->what.disarm();
        one.due.reset();
        break;
      case 2:
      case 3:
      case 4:
        one.due = s.now + std::chrono::milliseconds(random() % (step % 10 == 0 ? 200'000 : 2'000));
        one.real->what.expire_at(*one.due);
        break;
      default:
        s.now += std::chrono::milliseconds(random() % (step % 100 == 0 ? 100'000 : 300));
        s.wheel.advance(s.now);
        for (const auto& each : all) {
          REQUIRE(each.real->what.is_armed() == each.due.has_value());
          if (each.due) REQUIRE(*each.due > s.now - 2 * tick);
        }
    }
  }
}
