// Taking a resting connection to a backend and giving it back, as each request does.
#include "proxy/upstream/pool.hpp"

#include <benchmark/benchmark.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <vector>

namespace opslb::bench {
namespace {

/// So many connections rest to each of two backends. The other ends stay open.
class resting_connections {
 public:
  explicit resting_connections(std::int64_t count) {
    for (std::int64_t i = 0; i < 2 * count; ++i) rest_one(backends_[static_cast<std::size_t>(i % 2)]);
  }
  ~resting_connections() {
    for (const int end : other_ends_) ::close(end);
  }
  resting_connections(const resting_connections&) = delete;
  resting_connections& operator=(const resting_connections&) = delete;

  upstream::pool& pool() { return pool_; }
  const upstream::backend& first() const { return *backends_[0]; }
  const upstream::backend& second() const { return *backends_[1]; }

 private:
  void rest_one(const std::shared_ptr<upstream::backend>& to) {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) != 0) return;
    other_ends_.push_back(ends[1]);
    pool_.give_back(
        std::make_unique<upstream::connection>(loop_parts{io_, wheel_, buffers_}, ends[0], to, to->health->address()),
        std::chrono::seconds(25));
  }

  reactor io_;
  deadline_wheel wheel_;
  buffer_pool buffers_;
  std::array<std::shared_ptr<upstream::backend>, 2> backends_{std::make_shared<upstream::backend>(),
                                                              std::make_shared<upstream::backend>()};
  std::vector<int> other_ends_;
  upstream::pool pool_;  // the first to be destroyed: its connections use the rest
};

/// Every request to the same backend, or to both in turn, as they are spread.
void take_and_give_back(benchmark::State& state, bool in_turn) {
  resting_connections resting(state.range(0));
  bool other = false;
  for (auto _ : state) {
    other = in_turn && !other;
    auto connection = resting.pool().take(other ? resting.first() : resting.second(), false);
    if (!connection) return state.SkipWithError("no connection rests");
    resting.pool().give_back(std::move(connection), std::chrono::seconds(25));
  }
}
BENCHMARK_CAPTURE(take_and_give_back, one_backend, false)->Arg(1)->Arg(32);
BENCHMARK_CAPTURE(take_and_give_back, in_turn, true)->Arg(1)->Arg(32);

}  // namespace
}  // namespace opslb::bench
