#include "proxy/client_counts.hpp"

#include <catch2/catch_all.hpp>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

using opslb::client_counts;
using opslb::headers::ip_address;

namespace {

ip_address address(const std::string& text) { return ip_address::parse(text).value(); }

}  // namespace

TEST_CASE("a client may have as many connections as the limit says, and one more when one has gone") {
  client_counts counts;
  const auto client = address(GENERATE("192.0.2.1", "2001:db8::1"));
  CHECK(counts.enter(client, 2));
  CHECK(counts.enter(client, 2));
  CHECK_FALSE(counts.enter(client, 2));
  CHECK(counts.enter(address("192.0.2.2"), 2));
  counts.leave(client);
  CHECK(counts.enter(client, 2));
  CHECK(counts.of(client) == 2);
}

TEST_CASE("without a limit connections are counted all the same, for a limit that comes later") {
  client_counts counts;
  const auto client = address("192.0.2.1");
  for (int i = 0; i < 100; ++i) CHECK(counts.enter(client, 0));
  CHECK_FALSE(counts.enter(client, 100));
  CHECK(counts.enter(client, 101));
}

TEST_CASE("addresses without a connection take no memory") {
  client_counts counts;
  for (int i = 0; i < 1000; ++i) {
    const auto client = address("10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250));
    REQUIRE(counts.enter(client, 1));
    REQUIRE_FALSE(counts.enter(client, 1));
    if (i % 10 != 0) counts.leave(client);
  }
  CHECK(counts.size() == 100);
}

TEST_CASE("threads that come and go at once never exceed the limit and leave nothing behind") {
  client_counts counts;
  const auto client = address("192.0.2.1");
  std::atomic<int> inside = 0;
  std::atomic<int> most = 0;
  std::atomic<int> entered = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&, own = address("10.0.0." + std::to_string(t))] {
        for (int i = 0; i < 20'000; ++i) {
          counts.enter(own, 0);
          if (counts.enter(client, 2)) {
            ++entered;
            const int now = ++inside;
            for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
            }
            --inside;
            counts.leave(client);
          }
          counts.leave(own);
        }
      });
    }
  }
  CHECK(entered > 0);
  CHECK(most <= 2);
  CHECK(counts.size() == 0);
}
