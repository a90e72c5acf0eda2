// Changes what the simulated host does while it runs. Works on both ports; the control port also while the service's own is
// shut.
#include <array>
#include <nlohmann/json.hpp>

#include "tests/support/simulator/duration.hpp"
#include "tests/support/simulator/routes.hpp"
#include "tests/support/simulator/service.hpp"

namespace opslb::simulator {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

constexpr std::array<std::pair<std::string_view, health_mode>, 6> modes = {{
    {"ok", health_mode::ok},
    {"200", health_mode::ok},
    {"500", health_mode::failing},
    {"hang", health_mode::hang},
    {"refuse", health_mode::refuse},
    {"slow", health_mode::slow},
}};

std::optional<health_mode> mode_named(std::string_view name) {
  for (const auto& [text, mode] : modes) {
    if (text == name) return mode;
  }
  return std::nullopt;
}

std::string_view name_of(health_mode mode) {
  for (const auto& [text, each] : modes) {
    if (each == mode) return text;
  }
  return {};
}

json proxy_headers(const host& ops) {
  auto result = json::array();
  for (const auto& header : ops.remembered_proxy_headers()) {
    result.push_back({{"version", header.version}, {"kind", header.kind}, {"source", header.source}});
  }
  return result;
}

// Refusing ends the connection that asks for it, unless it came in by the control port: there the answer comes last, so
// that whoever has read it finds the door as it was asked for.
awaitable<void> answer_and_refuse(exchange& e, answer what, bool refuse) {
  if (e.control || !refuse) e.whole.refuse(refuse);
  co_await send(e, std::move(what));
  if (!e.control && refuse) e.whole.refuse(true);
}

struct upgrade_plan {
  milliseconds grace;
  milliseconds away;
  std::string version;
};

awaitable<void> answer_and_upgrade(exchange& e, answer what, upgrade_plan plan) {
  e.keep_alive = e.keep_alive && e.control;
  if (e.control) e.whole.upgrade(plan.grace, plan.away, plan.version);
  co_await send(e, std::move(what));
  if (!e.control) e.whole.upgrade(plan.grace, plan.away, plan.version);
}

}  // namespace

awaitable<void> answer_stats(exchange& e) {
  const auto& counted = e.ops.counted;
  return send(e, json_answer({{"host", e.ops.wanted().name},
                              {"version", e.ops.version()},
                              {"health", name_of(e.ops.health.load())},
                              {"requests", counted.requests.load()},
                              {"health_checks", counted.health_checks.load()},
                              {"in_flight", counted.in_flight.load()},
                              {"connections", counted.connections.load()},
                              {"accepted", counted.accepted.load()},
                              {"proxy_headers", proxy_headers(e.ops)}}));
}

awaitable<void> switch_health(exchange& e) {
  const auto wanted = parameter(e.head, "mode");
  const auto mode = mode_named(wanted.value_or(std::string{name_of(e.ops.health.load())}));
  if (!mode) {
    return send(e, api_error(400, "INVALID_MODE", "mode is one of ok, 500, hang, refuse, slow."));
  }
  const auto delay = parse_duration(parameter(e.head, "delay").value_or("1000"), 1ms).value_or(1000ms);
  if (wanted) {
    e.ops.health_delay = delay;
    e.ops.health = *mode;
  }
  auto result = json_answer({{"health", name_of(*mode)}, {"delay_ms", e.ops.health_delay.load().count()}});
  return answer_and_refuse(e, std::move(result), *mode == health_mode::refuse);
}

awaitable<void> switch_version(exchange& e) {
  if (const auto version = parameter(e.head, "set")) e.ops.set_version(*version);
  return send(e, json_answer({{"version", e.ops.version()}}));
}

// seconds: how long the host is away. grace: what exchanges in flight are given before (Ops Manager: 20 s).
awaitable<void> start_upgrade(exchange& e) {
  const auto away = parse_duration(parameter(e.head, "seconds").value_or("5"), 1s);
  const auto grace = parse_duration(parameter(e.head, "grace").value_or("20"), 1s);
  const auto version = parameter(e.head, "version").value_or(e.ops.version());
  if (!away || !grace) {
    return send(e, api_error(400, "INVALID_DURATION", "seconds and grace are durations like 5, 5s or 500ms."));
  }
  auto result = json_answer({{"version", version}, {"away_ms", away->count()}, {"grace_ms", grace->count()}});
  return answer_and_upgrade(e, std::move(result), {*grace, *away, version});
}

}  // namespace opslb::simulator
