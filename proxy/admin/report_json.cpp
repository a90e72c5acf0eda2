#include "proxy/admin/report_json.hpp"

#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "proxy/admin/json_text.hpp"

namespace opslb::admin {
namespace {

double seconds(std::chrono::system_clock::duration span) { return std::chrono::duration<double>(span).count(); }

/// null where there is none.
template <typename T, typename Write>
json maybe(const std::optional<T>& value, Write write) {
  return value ? json(write(*value)) : json();
}
template <typename T>
json maybe(const std::optional<T>& value) {
  return value ? json(*value) : json();
}

// Those that lists are made of.
json object(const check& c);
json object(const exchange_in_flight& e);
json object(const backend& b);
json object(const event& e);

template <typename T>
json list(const std::vector<T>& all) {
  json out = json::array();
  for (const T& each : all) out.push_back(object(each));
  return out;
}

template <typename Key>
std::string key_of(const Key& key) {
  if constexpr (std::is_arithmetic_v<Key>)
    return std::to_string(key);
  else
    return key;
}

template <typename Map>
json map(const Map& all) {
  json out = json::object();
  for (const auto& [key, value] : all) out[key_of(key)] = value;
  return out;
}

std::string_view name_of(backend_state state) {
  switch (state) {
    case backend_state::up: return "up";
    case backend_state::draining: return "draining";
    case backend_state::drained: return "drained";
    case backend_state::down: break;
  }
  return "down";
}

std::string_view name_of(process_state state) {
  switch (state) {
    case process_state::serving: return "serving";
    case process_state::draining: return "draining";
    case process_state::starting: break;
  }
  return "starting";
}

std::string_view name_of(log_level level) {
  switch (level) {
    case log_level::debug: return "debug";
    case log_level::warning: return "warning";
    case log_level::error: return "error";
    case log_level::info: break;
  }
  return "info";
}

json object(const class_counts& counts) {
  return {{"1xx", counts[1]}, {"2xx", counts[2]}, {"3xx", counts[3]},
          {"4xx", counts[4]}, {"5xx", counts[5]}, {"none", counts[0]}};
}

json object(const histogram& h) { return {{"counts", h.counts}, {"sum", h.sum}}; }

json object(const latencies& l) {
  return {{"bounds", l.bounds},
          {"connect", object(l.connect)},
          {"first_byte", object(l.first_byte)},
          {"total", object(l.total)}};
}

json object(const check& c) {
  return {{"at", iso(c.at)},
          {"ok", c.ok},
          {"status", c.status == 0 ? json() : json(c.status)},
          {"took_seconds", seconds(c.took)},
          {"text", c.text}};
}

json object(const exchange_in_flight& e) {
  return {{"path_class", e.path_class},
          {"method", e.method},
          {"age_seconds", e.age},
          {"bytes_in", e.bytes_in},
          {"bytes_out", e.bytes_out}};
}

json object(const drain& d) { return {{"since", iso(d.since)}, {"in_flight", list(d.in_flight)}, {"more", d.more}}; }

json object(const backend& b) {
  return {{"name", b.name},
          {"url", b.url},
          {"weight", b.weight},
          {"state", name_of(b.state)},
          {"why", b.why},
          {"since", maybe(b.since, [](wall_time when) { return iso(when); })},
          {"in_rotation", b.in_rotation},
          {"version", text_or_null(b.version)},
          {"drain", maybe(b.drain, [](const drain& d) { return object(d); })},
          {"in_flight", b.in_flight},
          {"requests", b.requests},
          {"responses", maybe(b.responses, [](const class_counts& c) { return object(c); })},
          {"connects", b.connects},
          {"connect_failures", b.connect_failures},
          {"retries", maybe(b.retries)},
          {"bytes_in", maybe(b.bytes_in)},
          {"bytes_out", maybe(b.bytes_out)},
          {"connections_idle", maybe(b.connections_idle)},
          {"latency", maybe(b.latency, [](const latencies& l) { return object(l); })},
          {"last_check", b.checks.empty() ? json() : object(b.checks.back())},
          {"checks", list(b.checks)}};
}

json object(const certificate& c, wall_time now) {
  return {{"file", c.file},
          {"subject", c.subject},
          {"names", c.names},
          {"issuer", c.issuer},
          {"not_before", iso(c.not_before)},
          {"not_after", iso(c.not_after)},
          {"days_left", std::chrono::floor<std::chrono::days>(c.not_after - now).count()}};
}

json object(const listener& l, wall_time now) {
  json certificates = json::array();
  for (const certificate& each : l.certificates) certificates.push_back(object(each, now));
  return {{"name", l.name},
          {"bind", l.bind},
          {"kind", l.kind},
          {"tls", l.tls},
          {"proxy_protocol", l.proxy_protocol},
          {"connections", maybe(l.connections)},
          {"connections_open", maybe(l.connections_open)},
          {"requests", maybe(l.requests)},
          {"certificates", std::move(certificates)}};
}

json object(const totals& t) {
  return {{"requests", t.requests},
          {"responses", object(t.responses)},
          {"own_answers", map(t.own_answers)},
          {"retries", t.retries},
          {"bytes_in", maybe(t.bytes_in)},
          {"bytes_out", maybe(t.bytes_out)},
          {"in_flight", t.in_flight},
          {"waiting", maybe(t.waiting)},
          {"connections", t.connections},
          {"connections_open", t.connections_open},
          {"tls_handshakes", t.tls_handshakes},
          {"refused", map(t.refused)},
          {"http2_connections", t.http2_connections},
          {"http2_errors", t.http2_errors},
          {"http2_abuse", map(t.http2_abuse)},
          {"access_log_lines_dropped", t.access_log_lines_dropped}};
}

json object(const event& e) { return {{"at", iso(e.at)}, {"level", name_of(e.level)}, {"text", e.text}}; }
json object(const reload& r) { return {{"at", iso(r.at)}, {"ok", r.ok}, {"text", r.text}}; }

json object(const upgrade_mode& u) { return {{"active", u.active}, {"text", u.text}, {"versions", map(u.versions)}}; }

json object(const agents_seen& a) { return {{"seen", a.seen}, {"silent", a.silent}, {"versions", map(a.versions)}}; }

json listeners_of(const report& all) {
  json out = json::array();
  for (const listener& each : all.listeners) out.push_back(object(each, all.now));
  return out;
}

}  // namespace

std::string to_json(const report& all) {
  return text_of({{"version", OPSLB_VERSION},
                  {"pid", ::getpid()},
                  {"started", iso(all.started)},
                  {"now", iso(all.now)},
                  {"uptime_seconds", all.uptime},
                  {"state", name_of(all.state)},
                  {"ready", all.readiness.ready},
                  {"ready_reason", all.readiness.reason},
                  {"public_url", text_or_null(all.public_url)},
                  {"configuration",
                   {{"file", all.file},
                    {"loaded", iso(all.loaded)},
                    {"last_reload", maybe(all.last_reload, [](const reload& r) { return object(r); })}}},
                  {"upgrade_mode", maybe(all.upgrade_mode, [](const upgrade_mode& u) { return object(u); })},
                  {"totals", object(all.totals)},
                  {"latency", maybe(all.latency, [](const latencies& l) { return object(l); })},
                  {"listeners", listeners_of(all)},
                  {"backends", list(all.backends)},
                  {"events", list(all.events)},
                  {"agents", maybe(all.agents, [](const agents_seen& a) { return object(a); })}});
}

std::string to_json(const backend& one, const std::string& note) {
  return text_of({{"backend", object(one)}, {"note", text_or_null(note)}});
}

std::string to_json(const std::string& note) { return text_of({{"backend", nullptr}, {"note", text_or_null(note)}}); }

std::string error_json(unsigned status, std::string_view reason, std::string_view detail) {
  return text_of({{"error", status}, {"reason", reason}, {"detail", detail}});
}

}  // namespace opslb::admin
