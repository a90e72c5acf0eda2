#include "proxy/take_report.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "health/release.hpp"
#include "proxy/access_log.hpp"
#include "proxy/news.hpp"
#include "proxy/report_counts.hpp"
#include "proxy/takeover/busy_before.hpp"

namespace opslb {
namespace {

admin::check to_check(const health::last_check& from) {
  const bool ok = from.how == health::ending::answered && from.status == 200;
  return {from.at, ok, from.status, from.took, from.text};
}

admin::backend_state to_state(upstream::backend_state from) {
  switch (from) {
    case upstream::backend_state::up: return admin::backend_state::up;
    case upstream::backend_state::draining: return admin::backend_state::draining;
    case upstream::backend_state::drained: return admin::backend_state::drained;
    case upstream::backend_state::down: break;
  }
  return admin::backend_state::down;
}

std::string why(admin::backend_state state, const health::entry& health) {
  const auto last = health.last();
  switch (state) {
    case admin::backend_state::up: return "passes its checks";
    case admin::backend_state::draining: return "taken out of rotation; what was in flight there goes on";
    case admin::backend_state::drained: return "taken out of rotation; nothing is in flight there";
    case admin::backend_state::down: break;
  }
  // As after `opslb ready`, and between the first good checks of a host that comes back.
  const bool on_its_way = health.is_returning() || to_check(last).ok;
  if (on_its_way) return fmt::format("serves after enough good checks in a row; {}", last.text);
  return last.text.empty() ? "not checked yet" : last.text;
}

/// Also in the process before, as far as that has said it: an operator waits for both.
std::uint64_t in_flight_anywhere(const upstream::backend& shared) {
  const std::uint32_t before = shared.in_flight_before.load();
  return shared.in_flight.load() + (before == takeover::busy_before::unknown ? 0 : before);
}

admin::drain to_drain(const upstream::backend& shared, drains& drained, std::uint64_t all) {
  admin::drain out;
  out.since = drained.since(shared);
  const auto now = std::chrono::steady_clock::now();
  for (const exchange_there& each : drained.in_flight_at(shared)) {
    const double age = std::chrono::duration<double>(now - each.began).count();
    out.in_flight.push_back({std::string(each.path_class), each.method, age, each.bytes_in, each.bytes_out});
  }
  // Some of those may have ended since, and are not missed.
  if (out.in_flight.size() > all) out.in_flight.resize(all);
  out.more = all - out.in_flight.size();
  return out;
}

admin::upgrade_mode to_upgrade_mode(const generation& of) {
  std::vector<health::known_release> hosts;
  for (const auto& each : of.backends) hosts.push_back({each.settings.name, each.shared->health->release()});
  health::upgrade_mode found = health::compare_releases(hosts);
  return {found.active, std::move(found.text), std::move(found.releases)};
}

admin::backend to_backend(const upstream::backend_slot& slot, drains& drained) {
  const upstream::backend& shared = *slot.shared;
  admin::backend out;
  out.name = slot.settings.name;
  out.url = fmt::format("{}://{}", slot.settings.tls ? "https" : "http", slot.settings.authority);
  out.weight = slot.settings.weight;
  out.state = to_state(state_of(shared));
  out.why = why(out.state, *shared.health);
  out.since = shared.health->changed();
  out.in_flight = shared.in_flight.load(std::memory_order_relaxed);
  if (shared.health->is_drained()) {
    out.in_flight = in_flight_anywhere(shared);
    out.drain = to_drain(shared, drained, out.in_flight);
    out.since = out.drain->since;
  }
  out.version = shared.health->release();
  out.in_rotation = shared.health->in_rotation();
  report_counts(shared, out);
  for (const auto& each : shared.health->history()) out.checks.push_back(to_check(each));
  return out;
}

admin::listener to_listener(const listener_config& from) {
  admin::listener out;
  out.name = from.name;
  out.bind = from.bind.to_string();
  out.kind = from.tcp_port != 0 ? "tcp" : from.redirect_to.empty() ? "http" : "redirect";
  out.tls = from.tls.has_value();
  out.proxy_protocol = from.proxy_protocol;
  return out;
}

void report_certificates(const listener_info& of, admin::listener& to) {
  if (of.tls.empty()) return;
  for (const tls::certificate_summary& each : of.tls.front()->certificates())
    to.certificates.push_back({each.file, each.subject, each.issuer, each.names, each.not_before, each.not_after});
}

void report_totals(const process_view& of, admin::report& to) {
  report_counts(of.workers, to);
  to.totals.connections_open = of.shared.connections.load(std::memory_order_relaxed);
  to.totals.connections_limit = of.current.settings.limits.connections;
  to.totals.in_flight = of.shared.busy.load(std::memory_order_relaxed);
  to.totals.waiting = of.shared.room.waiting();
  to.totals.access_log_lines_dropped = access_log::dropped();
}

}  // namespace

admin::readiness readiness_of(const process_view& of) {
  if (of.state == admin::process_state::starting) return {false, "starting: the first health checks are under way"};
  if (of.state == admin::process_state::draining) return {false, "ending: no new connections are wanted"};
  const auto& all = of.current.backends;
  if (of.current.settings.named_backends.empty()) return {true, "serving redirects only"};
  const auto up =
      std::count_if(all.begin(), all.end(), [](const auto& slot) { return slot.shared->health->in_rotation(); });
  return {up != 0, fmt::format("{} of {} hosts {} up", up, all.size(), up == 1 ? "is" : "are")};
}

admin::report take_report(const process_view& of) {
  admin::report out;
  out.now = std::chrono::system_clock::now();
  out.state = of.state;
  out.readiness = readiness_of(of);
  out.public_url = of.current.settings.public_url;
  report_totals(of, out);
  out.upgrade_mode = to_upgrade_mode(of.current);
  for (const auto& each : of.current.settings.listeners) {
    out.listeners.push_back(to_listener(each));
    const listener_info* const known = of.listeners.find(each.name);
    if (known == nullptr) continue;
    report_counts(*known, out.listeners.back());
    report_certificates(*known, out.listeners.back());
  }
  out.agents = to_report(of.agents.summary(out.now));
  for (const auto& each : of.current.backends) out.backends.push_back(to_backend(each, of.drains));
  for (auto& each : news::recent()) out.events.push_back({each.at, each.level, std::move(each.text)});
  return out;
}

}  // namespace opslb
