#include "health/standing.hpp"

#include <catch2/catch_all.hpp>

#include <string>
#include <string_view>

namespace opslb::health {

namespace {

/// Feeds one result per letter: G 200, B another answer, x no answer. Gives back what each changed: ^ up, v down, =
/// nothing.
std::string run(standing& host, std::string_view results, const thresholds& bounds) {
  std::string changes;
  for (const char result : results) {
    const verdict said = result == 'G' ? verdict::healthy : (result == 'B' ? verdict::unhealthy : verdict::unreachable);
    switch (host.observe(said, bounds)) {
      case change::unchanged: changes += '='; break;
      case change::went_up: changes += '^'; break;
      case change::went_down: changes += 'v'; break;
    }
  }
  return changes;
}

}  // namespace

TEST_CASE("a standing follows rise and fall") {
  struct row {
    std::string_view what, results, changes;
    thresholds bounds;
  };
  const auto [what, results, changes, bounds] = GENERATE(values<row>({
      {"the first good check is enough", "GG", "^=", {2, 2, false}},
      {"after a failed first check rise counts", "xGG", "==^", {2, 2, false}},
      {"an answer that is not 200 as first check is no different", "BGG", "==^", {2, 2, false}},
      {"an answer that is not 200 drops at once", "GB", "^v", {2, 2, false}},
      {"no answer drops after fall in a row", "Gxx", "^=v", {2, 2, false}},
      {"no answer drops after a fall of three", "Gxxx", "^==v", {2, 3, false}},
      {"one good check between forgives", "GxGxGxx", "^=====v", {2, 2, false}},
      {"an answer after no answer drops without waiting for fall", "GxB", "^=v", {2, 9, false}},
      {"it returns after rise in a row", "GBGGG", "^v==^", {3, 2, false}},
      {"a failure on the way up begins the count anew", "GBGxGBGG", "^v=====^", {2, 2, false}},
      {"rise and fall of one", "GxGxG", "^v^v^", {1, 1, false}},
      {"while none is up one good check is enough", "GBxBG", "^v==^", {9, 2, true}},
      {"while none is up a drop still takes fall", "Gxx", "^=v", {2, 2, true}},
  }));
  CAPTURE(what);
  standing host;
  CHECK_FALSE(host.is_up());
  CHECK(run(host, results, bounds) == changes);
  CHECK(host.is_up() ==
        (changes.find_last_of("^v") != std::string_view::npos && changes[changes.find_last_of("^v")] == '^'));
}

TEST_CASE("a standing tells how many results in a row its last change took") {
  standing host;
  run(host, "G", {3, 2, false});
  CHECK(host.took() == 1);
  run(host, "xx", {3, 2, false});
  CHECK(host.took() == 2);
  run(host, "GGG", {3, 2, false});
  CHECK(host.took() == 3);
  run(host, "B", {3, 2, false});
  CHECK(host.took() == 1);
}

TEST_CASE("who starts over needs rise good checks, not one as the first time") {
  standing host;
  run(host, "G", {3, 2, false});
  host.start_over();
  CHECK_FALSE(host.is_up());
  CHECK(run(host, "GGG", {3, 2, false}) == "==^");

  standing halfway;
  run(halfway, "GBGG", {3, 2, false});
  halfway.start_over();
  CHECK(run(halfway, "GGG", {3, 2, false}) == "==^");
}

TEST_CASE("good checks before the last host went down count in the outage") {
  standing host;
  run(host, "GB", {3, 2, false});
  CHECK(run(host, "G", {3, 2, false}) == "=");
  CHECK(run(host, "G", {3, 2, true}) == "^");
}

}  // namespace opslb::health
