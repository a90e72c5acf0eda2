// The wheel: putting a deadline off, as every byte does, arming a new one, and the turn of a tick.
#include "proxy/deadline.hpp"

#include <benchmark/benchmark.h>

#include <memory>
#include <vector>

namespace opslb::bench {
namespace {

using namespace std::chrono_literals;

void ignore(void*) {}

void put_off(benchmark::State& state) {
  deadline_wheel wheel;
  deadline idle(wheel, ignore, nullptr);
  idle.expire_after(180s);
  for (auto _ : state) {
    idle.expire_after(180s);
    benchmark::ClobberMemory();
  }
}
BENCHMARK(put_off);

void arm_and_destroy(benchmark::State& state) {
  deadline_wheel wheel;
  for (auto _ : state) {
    deadline connecting(wheel, ignore, nullptr);
    connecting.expire_after(5s);
    benchmark::DoNotOptimize(connecting);
  }
}
BENCHMARK(arm_and_destroy);

/// With so many connections, all of which are put off before their turn comes.
void turn_of_a_tick(benchmark::State& state) {
  const deadline_wheel::time_point start{};
  deadline_wheel wheel(100ms, start);
  std::vector<std::unique_ptr<deadline>> idle;
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    idle.push_back(std::make_unique<deadline>(wheel, ignore, nullptr));
    idle.back()->expire_after(1ms * (i % 50'000));
  }
  deadline_wheel::time_point now = start;
  std::size_t next = 0;
  for (auto _ : state) {
    now += 100ms;
    for (std::size_t moved = 0; moved * 500 < idle.size(); ++moved, ++next)
      idle[next % idle.size()]->expire_at(now + 50s);
    wheel.advance(now);
  }
}
BENCHMARK(turn_of_a_tick)->Arg(64)->Arg(10'000);

}  // namespace
}  // namespace opslb::bench
