#include "proxy/admin/site.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <catch2/catch_all.hpp>
#include <vector>

namespace opslb::admin {
namespace {

using namespace std::chrono_literals;
using boost::asio::awaitable;

/// Asks a main thread that comes to a question when the test has it do so.
struct asked {
  boost::asio::io_context io{};
  std::vector<std::function<void()>> posted{};
  operations server{[this](std::function<void()> what) { posted.push_back(std::move(what)); }, {}, {}, {}, {}, {}, {}};
  site here{io, server, nullptr, {}, 1ms};
  int done = 0;
  bool is_answered = false;
  std::optional<int> answer{};

  static awaitable<void> ask_once(asked& self) {
    const std::function<int()> question = [&self] { return ++self.done; };
    self.answer = co_await ask(self.here, question);
    self.is_answered = true;
  }
  void begin() { boost::asio::co_spawn(io, ask_once(*this), boost::asio::detached); }
};

TEST_CASE("what the main thread says is the answer") {
  asked it;
  it.begin();
  it.io.poll();
  REQUIRE(it.posted.size() == 1);
  it.posted.front()();
  it.io.run();
  CHECK(it.answer == 1);
}

TEST_CASE("a question that was given up is not carried out any more") {
  asked it;
  it.begin();
  it.io.run();
  REQUIRE(it.is_answered);
  CHECK_FALSE(it.answer.has_value());
  REQUIRE(it.posted.size() == 1);
  it.posted.front()();
  CHECK(it.done == 0);
}

TEST_CASE("a question that has begun is waited for once more, and not for ever") {
  asked it;
  std::function<void(int)> bring;
  const std::function<void(std::function<void(int)>)> question = [&](std::function<void(int)> to) {
    bring = std::move(to);
  };
  const bool comes = GENERATE(true, false);
  struct asking {
    static awaitable<void> run(asked& self, std::function<void(std::function<void(int)>)> what) {
      self.answer = co_await ask_for<int>(self.here, what);
      self.is_answered = true;
    }
  };
  boost::asio::co_spawn(it.io, asking::run(it, question), boost::asio::detached);
  it.io.poll();
  it.posted.front()();
  it.io.run_one();  // the first wait is over
  CHECK_FALSE(it.is_answered);
  if (comes) bring(7);
  it.io.run();
  CHECK(it.is_answered);
  CHECK(it.answer == (comes ? std::optional(7) : std::nullopt));
}

}  // namespace
}  // namespace opslb::admin
