#include "tests/support/simulator/idle_clock.hpp"

#include <boost/asio/this_coro.hpp>

namespace opslb::simulator {

idle_clock::watch::watch(idle_clock& clock, tcp_socket& socket)
    : clock_(clock),
      socket_(socket),
      place_(clock.watches_.insert(clock.watches_.end(), this)) {}

idle_clock::watch::~watch() { clock_.watches_.erase(place_); }

awaitable<void> idle_clock::run() {
  if (limit_.count() == 0) co_return;
  const auto here = co_await asio::this_coro::executor;
  timer tick(here);
  while (true) {
    tick.expires_after(limit_ / ticks_in_limit);
    const auto [ec] = co_await tick.async_wait();
    if (ec) co_return;
    ++now_;
    for (auto* each : watches_) {
      if (each->waiting_since_ == watch::not_waiting || now_ - each->waiting_since_ <= ticks_in_limit) continue;
      each->end_waiting();
      error_code ignored;  // the connection's coroutine wakes up and finds its socket closed
      each->socket_.close(ignored);
    }
  }
}

}  // namespace opslb::simulator
