#include "proxy/splice.hpp"

#include <sys/socket.h>
#include <unistd.h>
#include <csignal>

#include <catch2/catch_all.hpp>
#include <string>

#include "proxy/http1/body_reader.hpp"
#include "proxy/http1/body_writer.hpp"

using namespace opslb;

namespace {

constexpr std::uint64_t length = 300'000;

task<> run(loop_parts parts, pipe_pool& pipes, body_source& from, body_sink& to, std::uint64_t& count, bool& waits,
           carried& end) {
  end = co_await splice(parts, pipes, from, to, count, waits);
}

/// A body between two connections, and what their far ends do.
struct stage {
  stage() {
    std::tie(source_end, from) = connect();
    std::tie(sink_end, to) = connect();
    source =
        std::make_unique<http1::body_reader>(*from, received, headers::body_framing{headers::body_kind::length, length},
                                             headers::chunked_decoder::limits{1024, 10, 1024});
    sink = std::make_unique<http1::body_writer>(*to);
  }
  ~stage() {
    for (const int fd : {source_end, sink_end}) {
      if (fd >= 0) ::close(fd);
    }
  }

  std::pair<int, std::unique_ptr<transport>> connect() {
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) == 0);
    return {ends[1], std::make_unique<transport>(io, ends[0])};
  }

  /// Turns the loop until the body is carried, or cannot be.
  void run_to_end() {
    for (int turns = 0; running != 0 && turns < 1000; ++turns) io.turn(std::chrono::milliseconds(10));
    REQUIRE(running == 0);
  }
  void start() { spawn(run({io, wheel, buffers}, pipes, *source, *sink, count, waits, end), running); }
  void send(std::size_t size) const {
    const std::string bytes(size, 'x');
    REQUIRE(::send(source_end, bytes.data(), size, 0) == static_cast<ssize_t>(size));
  }
  /// Turns the loop until nothing happens any more, taking what comes out.
  std::size_t received_by_peer() {
    std::size_t sum = 0;
    std::string space(100'000, '\0');
    for (int quiet = 0; quiet < 3; ++quiet) {
      io.turn(std::chrono::milliseconds(1));
      for (ssize_t got; (got = ::recv(sink_end, space.data(), space.size(), 0)) > 0; quiet = 0)
        sum += static_cast<std::size_t>(got);
    }
    return sum;
  }

  reactor io;
  deadline_wheel wheel;
  buffer_pool buffers;
  pipe_pool pipes{wheel};
  buffer received{buffers};
  int source_end = -1;
  int sink_end = -1;
  std::unique_ptr<transport> from;
  std::unique_ptr<transport> to;
  std::unique_ptr<http1::body_reader> source;
  std::unique_ptr<http1::body_writer> sink;
  std::uint64_t count = 0;
  bool waits = false;
  carried end;
  std::size_t running = 0;
};

}  // namespace

TEST_CASE("a body passes as it comes, and a wait for more of it holds no pipe") {
  stage set;
  REQUIRE(can_splice(*set.source, *set.sink));
  set.start();
  std::size_t arrived = 0;
  for (int part = 0; part < 3; ++part) {
    CHECK(set.waits);
    const std::vector<pipe_ends> all = [&] {
      std::vector<pipe_ends> taken;
      for (std::size_t i = 0; i < pipe_pool::most; ++i) taken.push_back(set.pipes.take());
      return taken;
    }();
    CHECK(all.back().is_open());  // none was in use
    for (const pipe_ends& each : all) set.pipes.give_back(each, true);
    set.send(length / 3);
    arrived += set.received_by_peer();
    CHECK(arrived == length / 3 * static_cast<std::size_t>(part + 1));
  }
  CHECK(set.running == 0);
  CHECK_FALSE(set.end.failed());
  CHECK(set.source->is_done());
  CHECK(set.count == length);
  CHECK(set.from->bytes_read() == length);
  CHECK(set.to->bytes_written() == length);
}

TEST_CASE("where no pipe is left the body is given back to be copied, whole") {
  stage set;
  std::vector<pipe_ends> all;
  for (std::size_t i = 0; i < pipe_pool::most; ++i) all.push_back(set.pipes.take());
  set.send(1000);
  set.start();
  CHECK(set.running == 0);
  CHECK_FALSE(set.end.failed());
  CHECK(set.count == 0);
  CHECK(set.source->unread().size == length);
  for (const pipe_ends& each : all) set.pipes.give_back(each, true);
}

TEST_CASE("where no pipe is left nobody waits for one, nor for bytes to gather") {
  stage set;
  set.start();  // finds out that nothing is there
  set.from->interrupt(io_error::interrupted);
  set.run_to_end();
  set.from->clear_interrupt();
  set.end = {};
  std::vector<pipe_ends> all;
  for (std::size_t i = 0; i < pipe_pool::most; ++i) all.push_back(set.pipes.take());
  set.start();
  CHECK(set.running == 0);
  CHECK_FALSE(set.end.failed());
  for (const pipe_ends& each : all) set.pipes.give_back(each, true);
}

TEST_CASE("a source that closes is left to be read, and what it sent has arrived") {
  stage set;
  set.start();
  set.send(1000);
  ::close(std::exchange(set.source_end, -1));
  CHECK(set.received_by_peer() == 1000);
  CHECK(set.running == 0);
  CHECK_FALSE(set.end.failed());
  CHECK_FALSE(set.source->is_done());
  CHECK(set.source->unread().size == length - 1000);
}

TEST_CASE("a sink that breaks is told apart, and what is left in the pipe goes with it") {
  ::signal(SIGPIPE, SIG_IGN);
  stage set;
  set.start();
  ::close(std::exchange(set.sink_end, -1));
  set.send(1000);
  set.run_to_end();
  CHECK(set.end.sink == io_error::reset);
  CHECK(set.end.source == body_error::none);
  CHECK(set.pipes.count() == 0);
}

TEST_CASE("an interrupt ends the wait for bytes, and the wait for room") {
  stage set;
  set.start();
  SECTION("for bytes") {
    set.from->interrupt(io_error::timed_out);
    set.run_to_end();
    CHECK(set.end.source == body_error::timed_out);
  }
  SECTION("for room") {
    const int least = 4096;
    ::setsockopt(set.to->fd(), SOL_SOCKET, SO_SNDBUF, &least, sizeof least);
    set.send(100'000);
    for (int turns = 0; turns < 20; ++turns) set.io.turn(std::chrono::milliseconds(1));
    REQUIRE(set.running == 1);
    CHECK_FALSE(set.waits);
    set.to->interrupt(io_error::interrupted);
    set.run_to_end();
    CHECK(set.end.sink == io_error::interrupted);
    CHECK(set.count < 100'000);
  }
}

TEST_CASE("what must be framed, or has been looked at, is not spliced") {
  stage set;
  SECTION("chunks") { set.sink->begin({}, true); }
  SECTION("a head to be sent") { set.sink->begin("HEAD", false); }
  SECTION("bytes in the buffer") { set.received.append("x"); }
  SECTION("a short body") {
    set.source = std::make_unique<http1::body_reader>(*set.from, set.received,
                                                      headers::body_framing{headers::body_kind::length, 65536},
                                                      headers::chunked_decoder::limits{1024, 10, 1024});
  }
  CHECK_FALSE(can_splice(*set.source, *set.sink));
}
