#include "proxy/log_writer.hpp"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <catch2/catch_all.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/proxy/scratch_directory.hpp"

using opslb::log_queue;
using opslb::log_writer;
using opslb::test::scratch_directory;
using namespace std::chrono_literals;

namespace {

struct pipe_ends {
  pipe_ends() { REQUIRE(::pipe2(both.data(), O_CLOEXEC) == 0); }
  ~pipe_ends() {
    close_reader();
    ::close(both[1]);
  }
  pipe_ends(const pipe_ends&) = delete;
  pipe_ends& operator=(const pipe_ends&) = delete;

  void close_reader() {
    if (both[0] >= 0) ::close(std::exchange(both[0], -1));
  }
  std::array<int, 2> both{};
};

/// Collects what a writer complains of, and lets a test wait for it.
class complaints {
 public:
  log_writer::complaint taker() {
    return [this](const std::string& text) {
      const std::lock_guard lock(mutex_);
      texts_.push_back(text);
      came_.notify_all();
    };
  }
  std::vector<std::string> wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    REQUIRE(came_.wait_for(lock, 30s, [&] { return texts_.size() >= count; }));
    return texts_;
  }
  std::size_t count() {
    const std::lock_guard lock(mutex_);
    return texts_.size();
  }

 private:
  std::mutex mutex_;
  std::condition_variable came_;
  std::vector<std::string> texts_;
};

}  // namespace

TEST_CASE("lines of many threads all reach the file, each whole") {
  const scratch_directory here;
  complaints heard;
  {
    log_writer writer(here.file("a.log"), -1, heard.taker());
    std::atomic<int> refused = 0;
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&writer, &refused, t] {
        for (int i = 0; i < 500; ++i) {
          if (!writer.submit("thread " + std::to_string(t) + " line\n")) ++refused;
        }
      });
    }
    threads.clear();
    writer.close();
    CHECK(refused == 0);
    CHECK(writer.dropped() == 0);
  }
  const auto all = here.content("a.log");
  CHECK(std::count(all.begin(), all.end(), '\n') == 2000);
  CHECK(all.size() == 2000 * std::string("thread 0 line\n").size());
  CHECK(heard.count() == 0);
}

TEST_CASE("after a rename and a reopen lines go to a new file, and none is lost") {
  const scratch_directory here;
  complaints heard;
  log_writer writer(here.file("a.log"), -1, heard.taker());
  for (int i = 0; i < 100; ++i) writer.submit("before\n");
  std::filesystem::rename(here.file("a.log"), here.file("a.log.1"));
  writer.reopen();
  for (int i = 0; i < 100; ++i) writer.submit("after\n");
  writer.close();

  const auto old_file = here.content("a.log.1");
  const auto new_file = here.content("a.log");
  CHECK(std::count(old_file.begin(), old_file.end(), '\n') + std::count(new_file.begin(), new_file.end(), '\n') == 200);
  CHECK(old_file.find("after") == std::string::npos);
  CHECK(new_file.ends_with("after\n"));
}

TEST_CASE("a reopen that fails says so and leaves the old file in use") {
  const scratch_directory here;
  complaints heard;
  std::filesystem::create_directory(here.file("dir"));
  log_writer writer(here.file("dir/a.log"), -1, heard.taker());
  std::filesystem::rename(here.file("dir"), here.file("moved"));
  CHECK_THROWS_WITH(writer.reopen(),
                    Catch::Matchers::ContainsSubstring("cannot open the log file " + here.file("dir/a.log")) &&
                        Catch::Matchers::ContainsSubstring("No such file"));
  writer.submit("still here\n");
  writer.close();
  CHECK(here.content("moved/a.log") == "still here\n");
}

TEST_CASE("open switches to a file of another name") {
  const scratch_directory here;
  complaints heard;
  log_writer writer(here.file("a.log"), -1, heard.taker());
  writer.open(here.file("b.log"));
  CHECK(writer.path() == here.file("b.log"));
  writer.submit("line\n");
  writer.close();
  CHECK(here.content("a.log").empty());
  CHECK(here.content("b.log") == "line\n");
}

TEST_CASE("a full disk costs lines, which are counted, and is complained of once") {
  complaints heard;
  log_writer writer("/dev/full", -1, heard.taker());
  for (int i = 0; i < 10; ++i) writer.submit("one\ntwo\n");
  writer.close();
  CHECK(writer.dropped() == 20);
  const auto texts = heard.wait_for(1);
  CHECK(texts.size() == 1);
  CHECK_THAT(texts[0],
             Catch::Matchers::ContainsSubstring("/dev/full") && Catch::Matchers::ContainsSubstring("No space left"));
}

TEST_CASE("when writing works again it says how many lines were lost") {
  const scratch_directory here;
  complaints heard;
  log_writer writer("/dev/full", -1, heard.taker());
  writer.submit("lost\n");
  heard.wait_for(1);
  writer.open(here.file("a.log"));
  writer.submit("kept\n");
  const auto texts = heard.wait_for(2);
  CHECK_THAT(texts[1], Catch::Matchers::ContainsSubstring("can be written again; lines lost so far: 1"));
  writer.close();
  CHECK(here.content("a.log") == "kept\n");
}

TEST_CASE("a pipe whose reader has gone costs lines, never the process") {
  // The writing thread blocks all signals, so that SIGPIPE stays pending there and the write returns EPIPE.
  REQUIRE(::signal(SIGPIPE, SIG_DFL) != SIG_ERR);
  complaints heard;
  pipe_ends pipe;
  pipe.close_reader();
  log_writer writer("-", pipe.both[1], heard.taker());
  writer.submit("line\n");
  CHECK_THAT(heard.wait_for(1)[0], Catch::Matchers::ContainsSubstring("Broken pipe"));
  CHECK(writer.dropped() == 1);
}

TEST_CASE("a pipe that nobody reads from blocks neither who submits nor the end") {
  complaints heard;
  pipe_ends pipe;
  const std::string batch(1023, 'x');
  const auto began = std::chrono::steady_clock::now();
  std::uint64_t refused = 0;
  {
    log_writer writer("-", pipe.both[1], heard.taker(), log_queue{.batches = 64, .bytes = 1 << 20});
    for (int i = 0; i < 1000; ++i) refused += writer.submit(batch + "\n") ? 0 : 1;
    CHECK(refused > 0);
    CHECK(writer.dropped() >= refused);
    writer.close();
    CHECK(writer.dropped() > refused);  // what was still queued is lost, and counted
  }
  CHECK(std::chrono::steady_clock::now() - began < 20s);
}

TEST_CASE("the queue is bounded in bytes too") {
  complaints heard;
  pipe_ends pipe;
  log_writer writer("-", pipe.both[1], heard.taker(), log_queue{.batches = 64, .bytes = 1000});
  CHECK_FALSE(writer.submit(std::string(1000, 'x') + "\n"));
  CHECK(writer.dropped() == 1);
  CHECK(writer.submit("short\n"));
  CHECK_THAT(heard.wait_for(1)[0], Catch::Matchers::ContainsSubstring("lines lost so far: 1"));
}

TEST_CASE("a slow reader gets every byte in order") {
  complaints heard;
  pipe_ends pipe;
  std::string sent;
  std::string received;
  std::jthread reader([&received, from = pipe.both[0]] {
    std::array<char, 777> some;
    while (received.size() < 1'000'000) {
      const auto n = ::read(from, some.data(), some.size());
      if (n <= 0) return;
      received.append(some.data(), static_cast<std::size_t>(n));
    }
  });
  log_writer writer("-", pipe.both[1], heard.taker());
  for (int i = 0; sent.size() < 1'000'000; ++i) {
    const auto batch = std::to_string(i) + std::string(9000, '.') + "\n";
    sent += batch;
    REQUIRE(writer.submit(batch));
  }
  reader.join();
  writer.close();
  CHECK(sent.starts_with(received.substr(0, 1'000'000)));
}

TEST_CASE("a file that cannot be opened is refused with a sentence for the operator") {
  complaints heard;
  CHECK_THROWS_WITH(
      log_writer("/nonexistent/opslb.log", -1, heard.taker()),
      "cannot open the log file /nonexistent/opslb.log: No such file or directory; create its directory and let "
      "the user that opslb runs as write there");
}
