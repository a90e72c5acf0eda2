#include "proxy/upstream/rendezvous.hpp"

#include <catch2/catch_all.hpp>

#include <array>
#include <cmath>
#include <string>
#include <vector>

using opslb::upstream::rendezvous_score;

namespace {

struct weighted {
  std::string name;
  unsigned weight;
};

std::string winner(const std::vector<weighted>& backends, const std::array<std::uint8_t, 4>& client) {
  const weighted* best = nullptr;
  double best_score = -1;
  for (const auto& each : backends) {
    const double score = rendezvous_score(each.name, client, each.weight);
    if (score > best_score) {
      best = &each;
      best_score = score;
    }
  }
  return best->name;
}

/// Neighbours in one network, as agents are.
std::array<std::uint8_t, 4> client(unsigned n) {
  return {10, static_cast<std::uint8_t>(n >> 16U), static_cast<std::uint8_t>(n >> 8U), static_cast<std::uint8_t>(n)};
}

constexpr unsigned clients = 20'000;

}  // namespace

TEST_CASE("clients are spread over the backends by weight") {
  const auto backends = GENERATE(values<std::vector<weighted>>({
      {{"ops1", 1}, {"ops2", 1}},
      {{"ops1", 1}, {"ops2", 1}, {"ops3", 1}},
      {{"ops1", 1}, {"ops2", 2}, {"ops3", 5}},
      {{"http://a:8080", 256}, {"http://b:8080", 128}},
  }));
  double total = 0;
  for (const auto& each : backends) total += each.weight;
  for (const auto& each : backends) {
    unsigned won = 0;
    for (unsigned n = 0; n < clients; ++n) won += winner(backends, client(n)) == each.name ? 1U : 0U;
    const double expected = clients * each.weight / total;
    // Five standard deviations of a binomial distribution; the inputs are fixed, so this is no matter of luck.
    CAPTURE(each.name, won, expected);
    CHECK(std::abs(won - expected) < 5 * std::sqrt(expected * (1 - each.weight / total)));
  }
}

TEST_CASE("when a backend goes only its own clients move, and they are spread") {
  const std::vector<weighted> all = {{"ops1", 1}, {"ops2", 2}, {"ops3", 3}, {"ops4", 1}};
  const std::vector<weighted> without = {{"ops1", 1}, {"ops2", 2}, {"ops4", 1}};
  unsigned moved_to_ops2 = 0;
  unsigned moved = 0;
  for (unsigned n = 0; n < clients; ++n) {
    const auto before = winner(all, client(n));
    const auto after = winner(without, client(n));
    if (before != "ops3") {
      REQUIRE(after == before);
      continue;
    }
    ++moved;
    moved_to_ops2 += after == "ops2" ? 1U : 0U;
  }
  CHECK(moved > 0);
  CHECK(moved_to_ops2 > moved * 45 / 100);
  CHECK(moved_to_ops2 < moved * 55 / 100);
}

TEST_CASE("a score is the same in every process, and never infinite") {
  const std::array<std::uint8_t, 4> someone = {192, 0, 2, 1};
  const double score = rendezvous_score("ops1", someone, 1);
  CHECK(score == rendezvous_score("ops1", someone, 1));
  CHECK(score * 3 == Catch::Approx(rendezvous_score("ops1", someone, 3)));
  CHECK(std::isfinite(score));
  CHECK(score > 0);
  CHECK(score != rendezvous_score("ops2", someone, 1));
  // Pinned: another value would send every client elsewhere during a rolling upgrade of opslb itself.
  CHECK(score == Catch::Approx(1.1755834542927808).epsilon(1e-12));
}
