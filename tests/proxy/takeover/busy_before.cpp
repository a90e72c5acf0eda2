#include "proxy/takeover/busy_before.hpp"

#include <catch2/catch_all.hpp>

using namespace opslb::takeover;

TEST_CASE("what is in flight in the process before is unknown until it says it, also of backends that come later") {
  busy_before counts;
  CHECK(counts.of("ops1") == 0);
  counts.note({busy_before::unknown, 0, {}});
  counts.note({3, 0, "ops1"});
  CHECK(counts.of("ops1") == 3);
  CHECK(counts.of("ops2") == busy_before::unknown);
  counts.forget_unknown();
  CHECK(counts.of("ops1") == 3);
  CHECK(counts.of("ops2") == 0);
  counts.note({1, 0, "ops1"});
  CHECK(counts.of("ops1") == 1);
  counts.note({0, 0, {}});
  CHECK(counts.of("ops1") == 0);
}

TEST_CASE("what was said before a drain was heard of is no word on it") {
  busy_before counts;
  counts.note({2, 0, "ops1"});
  const auto first = counts.expect_drain("ops1");
  CHECK(counts.of("ops1") == busy_before::unknown);
  counts.note({0, 0, "ops1"});
  CHECK(counts.of("ops1") == busy_before::unknown);
  counts.forget_unknown();
  CHECK(counts.of("ops1") == busy_before::unknown);
  const auto second = counts.expect_drain("ops1");
  counts.note({0, first, "ops1"});
  CHECK(counts.of("ops1") == busy_before::unknown);
  counts.note({1, second, "ops1"});
  CHECK(counts.of("ops1") == 1);
  counts.note({0, 0, {}});
  CHECK(counts.of("ops1") == 0);
}
