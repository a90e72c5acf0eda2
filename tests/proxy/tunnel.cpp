#include "proxy/tunnel.hpp"

#include <catch2/catch_all.hpp>
#include <deque>
#include <string>
#include <vector>

#include "memory_exchange.hpp"

using namespace opslb;
using ends_that_broke = std::vector<tunnel_end>;

namespace {

task<> run(lane& at, const tunnel_ends& ends, bool& over) {
  co_await tunnel(at, ends);
  over = true;
}

/// What two ends say and hear, and a worker's parts without its thread.
struct stage {
  stage(memory_source client, memory_source backend)
      : client_says(std::move(client)),
        backend_says(std::move(backend)) {}

  ends_that_broke carry() {
    ends_that_broke broken;
    tunnel_ends ends{client_says, backend_hears, backend_says, client_hears};
    ends.broke = [](void* who, tunnel_end which) { static_cast<ends_that_broke*>(who)->push_back(which); };
    ends.who = &broken;
    bool over = false;
    std::size_t running = 0;
    spawn(run(at, ends, over), running);
    for (int turns = 0; !over && turns < 1000; ++turns) io.turn(std::chrono::milliseconds(10));
    REQUIRE(over);
    return broken;
  }

  reactor io;
  deadline_wheel wheel;
  buffer_pool buffers;
  shared_parts shared;
  lane at{loop_parts{io, wheel, buffers}, shared};
  memory_source client_says, backend_says;
  memory_sink client_hears, backend_hears;
};

}  // namespace

TEST_CASE("a tunnel carries all bytes both ways, and the end of either direction") {
  std::deque<std::string> much(500, std::string(10'000, 'x'));  // longer than one turn
  stage set(memory_source({"a", "bc"}), memory_source(much));
  CHECK(set.carry().empty());
  CHECK(set.backend_hears.body == "abc");
  CHECK(set.client_hears.body == std::string(5'000'000, 'x'));
  CHECK(set.backend_hears.finished);
  CHECK(set.client_hears.finished);
}

TEST_CASE("an end that breaks off is told of, and no end of it is passed on") {
  const auto why = GENERATE(body_error::reset, body_error::end_of_stream, body_error::timed_out);
  stage set(memory_source({"a"}, why), memory_source({"b"}));
  CHECK(set.carry() == ends_that_broke{tunnel_end::client});
  CHECK(set.backend_hears.body == "a");
  CHECK_FALSE(set.backend_hears.finished);
  CHECK(set.client_hears.finished);

  stage other(memory_source({"a"}), memory_source({"b"}, why));
  CHECK(other.carry() == ends_that_broke{tunnel_end::backend});
  CHECK_FALSE(other.client_hears.finished);
}

TEST_CASE("it is the hearer that broke where bytes, or the end of them, cannot be passed on") {
  const auto said = GENERATE(std::deque<std::string>{}, std::deque<std::string>{"a"});
  stage set((memory_source(said)), memory_source({}));
  set.backend_hears.fails_with = io_error::reset;
  CHECK(set.carry() == ends_that_broke{tunnel_end::backend});

  stage other(memory_source({}), memory_source(said));
  other.client_hears.fails_with = io_error::reset;
  CHECK(other.carry() == ends_that_broke{tunnel_end::client});
}
