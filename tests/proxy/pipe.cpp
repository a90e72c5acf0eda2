#include "proxy/pipe.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch_all.hpp>
#include <string>

using namespace opslb;

namespace {

bool is_open(const pipe_ends& ends) { return ::fcntl(ends.in, F_GETFD) >= 0 && ::fcntl(ends.out, F_GETFD) >= 0; }

/// Two connected sockets.
struct line {
  line() {
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) == 0);
    near = ends[0];
    far = ends[1];
  }
  ~line() {
    ::close(near);
    ::close(far);
  }
  int near = -1;
  int far = -1;
};

}  // namespace

TEST_CASE("a pool gives out so many pipes and no more, and takes them back") {
  deadline_wheel wheel;
  pipe_pool pool(wheel);
  std::vector<pipe_ends> taken;
  for (std::size_t i = 0; i < pipe_pool::most; ++i) {
    taken.push_back(pool.take());
    REQUIRE(taken.back().is_open());
  }
  CHECK_FALSE(pool.take().is_open());
  pool.give_back(taken.back(), true);
  const pipe_ends again = pool.take();
  CHECK(again.in == taken.back().in);
  for (const pipe_ends& each : taken) pool.give_back(each, true);
  CHECK(pool.count() == pipe_pool::most);
}

TEST_CASE("a pipe with bytes left in it is used by nobody else") {
  deadline_wheel wheel;
  pipe_pool pool(wheel);
  const pipe_ends ends = pool.take();
  REQUIRE(::write(ends.in, "secret", 6) == 6);
  pool.give_back(ends, false);
  CHECK_FALSE(is_open(ends));
  CHECK(pool.count() == 0);
}

TEST_CASE("pipes that nobody used for a while are closed, others stay") {
  const auto start = std::chrono::steady_clock::time_point(std::chrono::hours(1));
  deadline_wheel wheel(std::chrono::milliseconds(100), start);
  pipe_pool pool(wheel);
  const pipe_ends rare = pool.take();
  const pipe_ends busy = pool.take();
  pool.give_back(rare, true);
  pool.give_back(busy, true);  // the last one to come is the first one to go
  for (int second = 1; second <= 25; ++second) {
    wheel.advance(start + std::chrono::seconds(second));
    const pipe_ends used = pool.take();
    REQUIRE(used.in == busy.in);
    pool.give_back(used, true);
  }
  CHECK(pool.count() == 1);
  CHECK(is_open(busy));
  CHECK_FALSE(is_open(rare));
  for (int second = 26; second <= 60; ++second) wheel.advance(start + std::chrono::seconds(second));
  CHECK(pool.count() == 0);
  CHECK_FALSE(is_open(busy));
}

TEST_CASE("bytes pass from socket to socket, and the pipe is given back when it is empty") {
  deadline_wheel wheel;
  pipe_pool pool(wheel);
  line from;
  line to;
  REQUIRE(::send(from.far, "hello", 5, 0) == 5);
  opslb::pipe through(pool);
  REQUIRE(through.open());
  CHECK(through.fill(from.near, 4) == 4);
  CHECK(through.size() == 4);
  through.release_if_empty();  // it is not
  CHECK(through.drain(to.near) == 4);
  CHECK(through.empty());
  char text[8];
  CHECK(::recv(to.far, text, sizeof text, 0) == 4);
  CHECK(std::string_view(text, 4) == "hell");
  through.release_if_empty();
  const pipe_ends free = pool.take();
  CHECK(pool.count() == 1);
  pool.give_back(free, true);
}
