// /monitor/health, the page that load balancers ask. It reflects the application database, which is why a healthy process
// can answer 500.
#include <nlohmann/json.hpp>

#include "tests/support/simulator/routes.hpp"

namespace opslb::simulator {

namespace {

answer state_of_health(const exchange& e) {
  if (e.ops.health.load() == health_mode::failing) {
    return json_answer({{"status", "error"}, {"detail", "the application database has no primary"}}, 500);
  }
  return json_answer({{"status", "ok"}, {"version", e.ops.version()}});
}

}  // namespace

awaitable<void> answer_health(exchange& e) {
  const auto mode = e.ops.health.load();
  if (mode == health_mode::hang) {
    co_await e.client.wait_for_end();
    e.keep_alive = false;
    co_return;
  }
  if (mode == health_mode::slow) {
    const bool there = co_await e.client.pause(e.ops.health_delay.load());
    if (!there) e.keep_alive = false;
    if (!there) co_return;
  }
  co_await send(e, state_of_health(e));
}

}  // namespace opslb::simulator
