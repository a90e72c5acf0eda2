#include "health/schedule.hpp"

#include <catch2/catch_all.hpp>

#include <algorithm>
#include <vector>

namespace opslb::health {

namespace {

using namespace std::chrono_literals;

const schedule::time start{1000s};

}  // namespace

TEST_CASE("the first check is due at once, the second after the offset, then one every interval") {
  schedule plan(start, 5s, 2s);
  CHECK(plan.due(false) == start);
  for (const auto expected : {start + 2s, start + 7s, start + 12s}) {
    plan.begin(plan.due(false));
    CHECK(plan.due(false) == expected);
  }
}

TEST_CASE("a check that begins late leaves the grid as it is") {
  schedule plan(start, 5s, 2s);
  plan.begin(start);
  plan.begin(start + 2s + 300ms);
  CHECK(plan.due(false) == start + 7s);
}

TEST_CASE("points of the grid that a long check missed are not made up for") {
  schedule plan(start, 1s, 1s);
  plan.begin(start);
  plan.begin(start + 4s + 500ms);
  CHECK(plan.due(false) == start + 5s);
  plan.begin(start + 7s);
  CHECK(plan.due(false) == start + 8s);
}

TEST_CASE("while none is up a check is due every second") {
  schedule plan(start, 60s, 30s);
  CHECK(plan.due(true) == start);
  plan.begin(start);
  CHECK(plan.due(true) == start + 1s);
  plan.begin(start + 1s);
  CHECK(plan.due(true) == start + 2s);
  CHECK(plan.due(false) == start + 30s);
}

TEST_CASE("hurrying never makes checks rarer than the interval") {
  schedule plan(start, 200ms, 200ms);
  plan.begin(start);
  CHECK(plan.due(true) == start + 200ms);
}

TEST_CASE("a suspicion brings the next check forward, at most one a second") {
  schedule plan(start, 60s, 60s);
  plan.begin(start);
  plan.suspect(start + 20s);
  CHECK(plan.due(false) == start + 20s);
  plan.begin(start + 20s);
  CHECK(plan.due(false) == start + 60s);
  plan.suspect(start + 20s + 100ms);
  CHECK(plan.due(false) == start + 21s);
  plan.suspect(start + 20s + 900ms);
  CHECK(plan.due(false) == start + 21s);
}

TEST_CASE("a suspicion before the first check changes nothing") {
  schedule plan(start, 60s, 60s);
  plan.suspect(start + 1s);
  CHECK(plan.due(false) == start);
}

TEST_CASE("a suspicion never puts a check off") {
  schedule plan(start, 60s, 500ms);
  plan.begin(start);
  plan.suspect(start + 100ms);
  CHECK(plan.due(false) == start + 500ms);
}

TEST_CASE("checks are spread evenly over the interval whatever the random number") {
  const double random = GENERATE(0.0, 0.3, 0.999999);
  const std::size_t count = GENERATE(1U, 2U, 3U, 64U);
  const schedule::duration interval = 6s;
  std::vector<schedule::duration> offsets;
  for (std::size_t i = 0; i < count; ++i) offsets.push_back(spread(interval, i, count, random));
  std::sort(offsets.begin(), offsets.end());
  CHECK(offsets.front() > 0s);
  CHECK(offsets.back() <= interval);
  for (std::size_t i = 1; i < count; ++i) {
    const auto gap = offsets[i] - offsets[i - 1];
    CHECK(std::chrono::abs(gap - interval / static_cast<long>(count)) < 1us);
  }
}

TEST_CASE("the random number moves the offset") {
  CHECK(spread(4s, 0, 2, 0.0) == 4s);
  CHECK(spread(4s, 0, 2, 0.5) == 3s);
  CHECK(spread(4s, 1, 2, 0.5) == 1s);
}

TEST_CASE("an offset is above zero even where rounding would make it none") { CHECK(spread(1ns, 63, 64, 0.9) > 0ns); }

}  // namespace opslb::health
