#include "proxy/admin/lookup_json.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "proxy/admin/json_text.hpp"

namespace opslb::admin {
namespace {

/// A phase that was not reached is null.
json seconds_of(std::int64_t microseconds) {
  return microseconds < 0 ? json() : json(static_cast<double>(microseconds) / 1e6);
}

json object(const agent& a, wall_time now) {
  return {{"host", a.host},
          {"version", text_or_null(a.version)},
          {"first_seen", iso(a.first_seen)},
          {"last_seen", iso(a.last_seen)},
          {"silent", now - a.last_seen > agent_register::silent_after},
          {"calls", a.calls},
          {"errors", a.errors}};
}

/// What the backend was told of the client; null if it was told nothing.
json told(const recent_request& r) {
  if (r.facts.port == 0) return {};
  return {{"client", r.facts.client.to_string()},
          {"host", text_or_null(r.host)},
          {"port", r.facts.port},
          {"proto", r.facts.https ? "https" : "http"}};
}

json tries_of(const recent_request& r) {
  json out = json::array();
  for (const auto& each : r.tries) {
    out.push_back({{"backend", each.backend},
                   {"why", each.why},
                   {"after_seconds", seconds_of(each.began)},
                   {"outcome", each.outcome}});
  }
  return out;
}

json object(const recent_request& r) {
  const exchange_facts& facts = r.facts;
  const bool was_read = !r.method.empty();
  return {{"id", r.id},
          {"at", iso(facts.began)},
          {"listener", facts.listener},
          {"peer", facts.peer.to_string()},
          {"tls", text_or_null(facts.tls_version)},
          {"client_certificate", text_or_null(r.certificate)},
          {"protocol", was_read ? json(headers::to_text(facts.version)) : json()},
          {"method", text_or_null(r.method)},
          {"target", text_or_null(r.target)},
          {"user_agent", text_or_null(r.user_agent)},
          {"trace_id", text_or_null(r.trace)},
          {"dropped", r.dropped},
          {"told", told(r)},
          {"tries", tries_of(r)},
          {"queued_seconds", seconds_of(facts.queued)},
          {"connect_seconds", seconds_of(facts.connect)},
          {"first_byte_seconds", seconds_of(facts.first_byte)},
          {"total_seconds", seconds_of(facts.total)},
          {"bytes_in", facts.bytes_in},
          {"bytes_out", facts.bytes_out},
          {"status", facts.status == 0 ? json() : json(facts.status)},
          {"end", facts.end}};
}

}  // namespace

std::string to_json(const found_agents& all) {
  json list = json::array();
  for (const agent& each : all.agents) list.push_back(object(each, all.now));
  return text_of({{"now", iso(all.now)},
                  {"silent_after_seconds", agent_register::silent_after.count()},
                  {"forgotten", all.forgotten},
                  {"agents", std::move(list)}});
}

std::string to_json(const found_requests& all) {
  json list = json::array();
  for (const recent_request& each : all.requests) list.push_back(object(each));
  return text_of(
      {{"requests", std::move(list)}, {"reaches_back", all.reaches_back ? json(iso(*all.reaches_back)) : json()}});
}

std::string why_not_found(const found_requests& none) {
  if (!none.reaches_back) return "no request has ended yet; one that is still under way is found when it is over";
  return fmt::format(
      "no request of that id is remembered: it is still under way, went through another process, or ended before {}, "
      "which is how far back the memory reaches",
      iso(*none.reaches_back));
}

}  // namespace opslb::admin
