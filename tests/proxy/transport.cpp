#include "proxy/transport.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch_all.hpp>
#include <utility>

using namespace opslb;

namespace {

/// A transport and the far end of its socket.
struct line {
  line() : line(make_ends()) {}
  explicit line(std::pair<int, int> ends) : near(io, ends.first), far(ends.second) {}
  ~line() { ::close(far); }

  static std::pair<int, int> make_ends() {
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) == 0);
    return {ends[0], ends[1]};
  }
  void send(std::string_view text) const {
    REQUIRE(::send(far, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()));
  }

  reactor io;
  buffer_pool pool;
  transport near;
  int far;
};

task<> read_once(transport& from, buffer& into, io_error& result) { result = co_await from.read(into); }

}  // namespace

TEST_CASE("a connection whose bytes were all taken holds no memory while it waits for more") {
  line between;
  buffer received(between.pool);
  std::size_t running = 0;
  io_error result = io_error::reset;
  between.send("first");
  spawn(read_once(between.near, received, result), running);
  REQUIRE(result == io_error::none);
  REQUIRE(received.ready() == "first");
  const char* const block = received.ready().data();
  received.consume(5);

  result = io_error::reset;
  spawn(read_once(between.near, received, result), running);
  REQUIRE(running == 1);
  char* const free = between.pool.take();
  CHECK(free == block);
  between.pool.give_back(free);

  between.send("second");
  for (int turns = 0; running != 0 && turns < 1000; ++turns) between.io.turn(std::chrono::milliseconds(10));
  CHECK(result == io_error::none);
  CHECK(received.ready() == "second");
}

TEST_CASE("half a message stays where it is while the rest is waited for") {
  line between;
  buffer received(between.pool);
  std::size_t running = 0;
  io_error result = io_error::reset;
  between.send("half");
  spawn(read_once(between.near, received, result), running);
  spawn(read_once(between.near, received, result), running);
  REQUIRE(running == 1);
  CHECK(received.ready() == "half");
  between.send(" and half");
  for (int turns = 0; running != 0 && turns < 1000; ++turns) between.io.turn(std::chrono::milliseconds(10));
  CHECK(received.ready() == "half and half");
}
