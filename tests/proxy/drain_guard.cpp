#include "proxy/drain_guard.hpp"

#include <catch2/catch_all.hpp>
#include <string>
#include <vector>

using namespace opslb;

namespace {

struct row {
  std::string about;
  std::vector<guarded_backend> all;  ///< the first is to be drained
  std::string expected;
};

guarded_backend up(std::string name) { return {std::move(name), true, false, "answered 200"}; }
guarded_backend down(std::string name, std::string check) { return {std::move(name), false, false, std::move(check)}; }
guarded_backend drained(std::string name) { return {std::move(name), false, true, "answered 200"}; }

}  // namespace

TEST_CASE("one host at a time, and somebody has to be left") {
  const auto [about, all, expected] = GENERATE(values<row>({
      {"all are up", {up("ops1"), up("ops2"), up("ops3")}, ""},
      {"a host that is down itself may be drained", {down("ops1", "answered 500"), up("ops2")}, ""},
      {"another one is drained",
       {up("ops1"), up("ops2"), drained("ops3")},
       "ops3 is drained, and Ops Manager is upgraded one host at a time: put ops3 back first by \"opslb ready ops3\", "
       "or "
       "drain ops1 all the same with --force"},
      {"another one is down",
       {up("ops1"), down("ops2", "connection refused"), up("ops3")},
       "ops2 is not up (its last check: connection refused), and ops1 has to answer for it: wait until ops2 is up, or "
       "drain ops1 all the same with --force"},
      {"of one that is down and one that is drained the drain is what the operator can change",
       {up("ops1"), down("ops2", "connection refused"), drained("ops3")},
       "ops3 is drained, and Ops Manager is upgraded one host at a time: put ops3 back first by \"opslb ready ops3\", "
       "or "
       "drain ops1 all the same with --force"},
      {"there is no other",
       {up("ops1")},
       "ops1 is the only host, and nobody would be left to answer: configure another one, or drain ops1 all the same "
       "with --force"},
      {"even of two that are down neither is drained",
       {down("ops1", "answered 500"), down("ops2", "answered 500")},
       "ops2 is not up (its last check: answered 500), and ops1 has to answer for it: wait until ops2 is up, or drain "
       "ops1 all the same with --force"},
  }));
  CAPTURE(about);
  CHECK(why_not_drain(all, 0) == expected);
}
