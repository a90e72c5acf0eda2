#include "proxy/systemd/watchdog.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <catch2/catch_test_macros.hpp>
#include <memory>

using opslb::systemd::watchdog;
using namespace std::chrono_literals;

TEST_CASE("it tells of life as long as all workers answer") {
  boost::asio::io_context loop;
  unsigned told = 0;
  std::function<void()> answer_late;
  const auto ask = [&](const std::function<void()>& here) {
    if (told == 3) {
      answer_late = here;
    } else {
      here();
    }
    return std::size_t{1};
  };
  const watchdog dog(loop, 2us, ask, [&] { ++told; });
  while (told < 3) loop.run_one();
  for (int i = 0; i < 10; ++i) loop.run_one();
  CHECK(told == 3);
  answer_late();
  while (told == 3) loop.run_one();
}

// Its timer's handler waits in the loop behind whoever ends the watchdog, as in a takeover.
TEST_CASE("it may end when its time has run out and nobody has looked yet") {
  boost::asio::io_context loop;
  unsigned asked = 0;
  const auto ask = [&](const std::function<void()>& here) {
    here();
    return std::size_t{++asked};
  };
  auto dog = std::make_unique<watchdog>(loop, 0us, ask, [] {});
  boost::asio::post(loop, [&] { dog.reset(); });
  loop.run();
  CHECK(asked == 1);
}
