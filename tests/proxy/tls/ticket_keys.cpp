#include "proxy/tls/ticket_keys.hpp"

#include <atomic>
#include <catch2/catch_all.hpp>
#include <set>
#include <thread>
#include <vector>

using namespace opslb::tls;
using namespace std::chrono_literals;

namespace {

constexpr auto start = ticket_keys::clock::time_point(100h);
constexpr auto rotation = ticket_keys::rotation;
constexpr auto lifetime = ticket_keys::ticket_lifetime;

bool same(const ticket_key& a, const ticket_key& b) {
  return a.name == b.name && a.cipher == b.cipher && a.signing == b.signing;
}

bool knows(const ticket_keys& keys, const ticket_key& key) {
  bool is_newest = false;
  const auto found = keys.find(key.name, is_newest);
  if (found) CHECK(same(*found, key));
  return found.has_value();
}

}  // namespace

TEST_CASE("there is a key from the beginning, and it is found by its name") {
  const ticket_keys keys(start);
  const auto key = keys.newest();
  CHECK(key.cipher != ticket_key{}.cipher);
  CHECK(key.signing != ticket_key{}.signing);
  bool is_newest = false;
  const auto found = keys.find(key.name, is_newest);
  REQUIRE(found);
  CHECK(same(*found, key));
  CHECK(is_newest);
}

TEST_CASE("two servers have different keys") {
  const ticket_keys one(start), other(start);
  CHECK(one.newest().name != other.newest().name);
  CHECK_FALSE(knows(one, other.newest()));
}

TEST_CASE("a name of zeros, which an empty place has, finds nothing") {
  const ticket_keys keys(start);
  CHECK_FALSE(knows(keys, ticket_key{}));
}

TEST_CASE("a new key is made when the newest is old enough, and the old one goes on decrypting") {
  ticket_keys keys(start);
  const auto first = keys.newest();
  keys.advance(start + rotation - 1s);
  CHECK(same(keys.newest(), first));
  keys.advance(start + rotation);
  CHECK_FALSE(same(keys.newest(), first));
  bool is_newest = true;
  CHECK(keys.find(first.name, is_newest));
  CHECK_FALSE(is_newest);  // so that the client gets a new ticket
}

TEST_CASE("a key decrypts as long as a ticket made with it is good, and not longer") {
  ticket_keys keys(start);
  const auto first = keys.newest();
  auto now = start;
  while (now < start + rotation + lifetime - 1s) {
    keys.advance(now);
    CHECK(knows(keys, first));
    now += 10min;
  }
  keys.advance(start + rotation + lifetime);
  CHECK_FALSE(knows(keys, first));
}

TEST_CASE("keys go on being found for days, however rarely anybody looks at the clock") {
  const auto step = GENERATE(1min, 59min, 61min, 300min, 30h);
  ticket_keys keys(start);
  std::vector<std::pair<ticket_key, ticket_keys::clock::time_point>> made = {{keys.newest(), start}};
  for (auto now = start; now < start + 100h; now += step) {
    keys.advance(now);
    if (!same(keys.newest(), made.back().first)) made.emplace_back(keys.newest(), now);
    for (const auto& [key, since] : made) {
      if (knows(keys, key) != (now - since < rotation + lifetime)) FAIL("after " << (now - since) / 1min << " min");
    }
  }
  CHECK(made.size() > 3);
}

TEST_CASE("whoever reads while keys are made sees whole keys") {
  ticket_keys keys(start);
  std::atomic<bool> over{false};
  std::atomic<int> torn{0};
  const auto read = [&] {
    while (!over.load()) {
      const auto key = keys.newest();
      bool is_newest = false;
      const auto found = keys.find(key.name, is_newest);
      // The same name stands for the same key, unless it was wiped in between.
      if (found && !same(*found, key)) ++torn;
      if (key.cipher == ticket_key{}.cipher || key.name == ticket_key{}.name) ++torn;
    }
  };
  std::thread one(read), other(read);
  for (int i = 1; i <= 20'000; ++i) keys.advance(start + i * rotation);
  over = true;
  one.join();
  other.join();
  CHECK(torn == 0);
}

TEST_CASE("another process goes on with the keys, as old as they are") {
  ticket_keys first(start);
  const auto oldest = first.newest();
  first.advance(start + rotation);
  const auto newest = first.newest();
  const auto handed = first.hand_over(start + rotation + 10min);
  REQUIRE(handed.size() == 2);
  CHECK(handed[0].age == rotation + 10min);
  CHECK(handed[1].age == 10min);

  const auto elsewhere = ticket_keys::clock::time_point(5h);  // clocks need not agree
  ticket_keys second(elsewhere, handed);
  CHECK(same(second.newest(), newest));
  CHECK(knows(second, oldest));
  second.advance(elsewhere + rotation - 11min);
  CHECK(same(second.newest(), newest));
  second.advance(elsewhere + rotation - 10min);
  CHECK_FALSE(same(second.newest(), newest));
  second.advance(elsewhere + lifetime - 10min);
  CHECK_FALSE(knows(second, oldest));
  CHECK(knows(second, newest));
}

TEST_CASE("as many keys as there are places are handed over, and none that has ended") {
  ticket_keys first(start);
  auto now = start;
  for (std::size_t i = 0; i < ticket_keys::most_keys; ++i) first.advance(now += rotation);
  const auto handed = first.hand_over(now);
  CHECK(handed.size() == ticket_keys::most_keys - 1);
  ticket_keys second(now, handed);
  for (const auto& each : handed) CHECK(knows(second, each.key));
  CHECK(first.hand_over(now + rotation + lifetime).empty());
}
