#include "headers/via.hpp"

#include <catch2/catch_all.hpp>
#include <string>

namespace opslb::headers {
namespace {

TEST_CASE("a name in Via is found as received-by alone", "[via]") {
  const auto [via, found] = GENERATE(table<std::string, bool>({
      {"", false},
      {"1.1 lb", true},
      {"1.1\tlb", true},
      {"1.1 LB", true},
      {"2.0 a, HTTP/1.1 lb", true},
      {"1.1 lb (comment)", true},
      {"1.1 lb(comment)", true},
      {"1.1 lb:8080", true},
      {"1.1 (c) lb", true},
      {",,1.1 lb", true},
      {"1.1 a,1.1  lb ,1.1 b", true},
      {"lb", false},
      {"lb 1.1", false},
      {"1.1 a lb", false},
      {"1.1 xlb", false},
      {"1.1 lbx", false},
      {"1.1 a (1.1 lb)", false},
      {"1.1 a (x, 1.1 lb, y)", false},
      {"1.1 a ((x), 1.1 lb)", false},
      {"1.1 a (\\), 1.1 lb)", false},
      {"1.1 a (never closed, 1.1 lb", true},
      {"1.1 a ((closed once), 1.1 lb", true},
  }));
  CAPTURE(via);
  CHECK(via_names(via, "lb") == found);
}

TEST_CASE("brackets that never close take no time to speak of", "[via]") {
  CHECK_FALSE(via_names(std::string(1'000'000, '('), "lb"));
  std::string spread;
  for (int i = 0; i < 100'000; ++i) spread += "( ";
  CHECK_FALSE(via_names(spread, "lb"));
}

}  // namespace
}  // namespace opslb::headers
