#include "proxy/upstream/rotation.hpp"

#include <catch2/catch_all.hpp>

#include <algorithm>
#include <vector>

using opslb::upstream::smooth_sequence;
using sequence = std::vector<std::uint8_t>;

TEST_CASE("the turns of a weighted round robin are spread smoothly") {
  struct row {
    std::vector<unsigned> weights;
    sequence order;
  };
  const auto [weights, order] = GENERATE(values<row>({
      {{}, {}},
      {{0, 0}, {}},
      {{7}, {0}},
      {{1, 1, 1}, {0, 1, 2}},
      {{5, 1, 1}, {0, 0, 1, 0, 2, 0, 0}},  // the example in nginx's own change
      {{2, 4}, {1, 0, 1}},
      {{10, 10}, {0, 1}},
      {{0, 3, 0, 3}, {1, 3}},
  }));
  CHECK(smooth_sequence(weights) == order);
}

TEST_CASE("one round gives everybody exactly their weight, however many and however odd") {
  const std::vector<unsigned> weights = {256, 255, 1, 17, 0, 100};
  const auto order = smooth_sequence(weights);
  REQUIRE(order.size() == 629);
  for (std::size_t i = 0; i < weights.size(); ++i) {
    CAPTURE(i);
    CHECK(std::count(order.begin(), order.end(), i) == weights[i]);
  }
}

TEST_CASE("a heavy backend has its turns between those of the light ones, not in a row") {
  const auto order = smooth_sequence(std::vector<unsigned>{3, 3, 3, 3, 12});
  CAPTURE(order);
  REQUIRE(order.size() == 8);
  for (std::size_t i = 0; i + 2 < order.size(); ++i) {
    const auto turns = std::count(order.begin() + static_cast<std::ptrdiff_t>(i),
                                  order.begin() + static_cast<std::ptrdiff_t>(i) + 3, 4);
    CHECK(turns >= 1);
    CHECK(turns <= 2);
  }
}
