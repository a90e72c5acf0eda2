#include "proxy/takeover/busy_before.hpp"

#include <catch2/catch_all.hpp>

using namespace opslb::takeover;

TEST_CASE("what is in flight in the process before is unknown until it says it, also of backends that come later") {
  busy_before counts;
  CHECK(counts.of("ops1") == 0);
  counts.note({busy_before::unknown, {}});
  counts.note({3, "ops1"});
  CHECK(counts.of("ops1") == 3);
  CHECK(counts.of("ops2") == busy_before::unknown);
  counts.forget_unknown();
  CHECK(counts.of("ops1") == 3);
  CHECK(counts.of("ops2") == 0);
  counts.note({1, "ops1"});
  CHECK(counts.of("ops1") == 1);
  counts.note({0, {}});
  CHECK(counts.of("ops1") == 0);
}
