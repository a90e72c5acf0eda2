#include "proxy/histogram.hpp"

#include <catch2/catch_all.hpp>

#include <algorithm>
#include <limits>

using namespace opslb;

namespace {

/// What latency_bucket() has to find: the first bound that is not below.
std::size_t by_search(std::uint64_t microseconds) {
  return static_cast<std::size_t>(std::lower_bound(latency_bounds.begin(), latency_bounds.end(), microseconds) -
                                  latency_bounds.begin());
}

}  // namespace

TEST_CASE("a duration falls into the first bucket whose bound it does not exceed") {
  for (const std::uint64_t bound : latency_bounds) {
    for (const std::uint64_t each : {bound - 1, bound, bound + 1}) {
      CAPTURE(each);
      CHECK(latency_bucket(each) == by_search(each));
    }
  }
  for (unsigned bits = 0; bits < 64; ++bits) {
    const std::uint64_t least = std::uint64_t{1} << bits;
    CAPTURE(bits);
    CHECK(latency_bucket(least) == by_search(least));
    CHECK(latency_bucket(least - 1) == by_search(least - 1));
  }
  CHECK(latency_bucket(std::numeric_limits<std::uint64_t>::max()) == latency_bounds.size());
}

TEST_CASE("the bounds reach from an agent's answer to an archive of an hour, and know the idle timeouts") {
  CHECK(latency_bounds.front() == 500);
  CHECK(latency_bounds.back() == 3'600'000'000);
  for (const std::uint64_t seconds : {30, 180, 600}) {
    CHECK(std::find(latency_bounds.begin(), latency_bounds.end(), seconds * 1'000'000) != latency_bounds.end());
  }
}

TEST_CASE("readings of several histograms add up") {
  latency_histogram a;
  latency_histogram b;
  a.observe(400);
  a.observe(1'500);
  b.observe(1'600);
  b.observe(7'200'000'000);
  latency_reading both;
  both.add(a);
  both.add(b);
  CHECK(both.counts[0] == 1);
  CHECK(both.counts[2] == 2);
  CHECK(both.counts[latency_bounds.size()] == 1);
  CHECK(both.sum == 400 + 1'500 + 1'600 + 7'200'000'000);
}

TEST_CASE("a clock that went back does not take anything away") {
  latency_histogram one;
  one.observe(-5);
  CHECK(one.count(0) == 1);
  CHECK(one.sum() == 0);
}
