#include "proxy/task.hpp"

#include <catch2/catch_all.hpp>
#include <memory>

namespace opslb {
namespace {

using number = std::unique_ptr<int>;

task<number> known(int value) { return task<number>(std::make_unique<int>(value)); }
task<number> made(int value) { co_return std::make_unique<int>(value); }

task<> add_up(int& sum) {
  const number first = co_await known(1);
  const number second = co_await made(20);
  task<number> begun = known(300);
  task<number> moved = std::move(begun);
  const number third = co_await std::move(moved);
  sum = *first + *second + *third;
}

TEST_CASE("a value that is known already is awaited like one that a coroutine makes", "[task]") {
  int sum = 0;
  std::size_t running = 0;
  spawn(add_up(sum), running);
  CHECK(sum == 321);
  CHECK(running == 0);
}

TEST_CASE("a task that nobody awaits leaves nothing behind", "[task]") {
  const auto value = std::make_shared<int>(1);
  {
    const task<std::shared_ptr<int>> never(value);
  }
  CHECK(value.use_count() == 1);
}

}  // namespace
}  // namespace opslb
