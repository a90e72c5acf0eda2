#include "proxy/admin/metrics_text.hpp"

#include <array>
#include <chrono>
#include <set>
#include <string_view>
#include <utility>

#include "proxy/admin/exposition.hpp"
#include "proxy/counters.hpp"

namespace opslb::admin {
namespace {

constexpr std::string_view counts = "counter";
constexpr std::string_view gauge = "gauge";
constexpr std::string_view times = "histogram";

constexpr std::array<std::string_view, 6> class_names = {"none", "1xx", "2xx", "3xx", "4xx", "5xx"};

std::uint64_t as_number(bool yes) { return yes ? 1 : 0; }

double seconds_of(wall_time when) { return std::chrono::duration<double>(when.time_since_epoch()).count(); }

void write_process(const report& all, exposition& out) {
  out.family("opslb_build_info", gauge, "Always 1; the version is in the label.");
  out.sample({{"version", OPSLB_VERSION}}, std::uint64_t{1});
  out.family("opslb_start_time_seconds", gauge, "When the process started, since the epoch.");
  out.sample({}, seconds_of(all.started));
  out.family("opslb_ready", gauge, "1 if /readyz says yes: some host is in rotation, and opslb is not ending.");
  out.sample({}, as_number(all.readiness.ready));
  out.family("opslb_draining", gauge, "1 while opslb itself is ending.");
  out.sample({}, as_number(all.state == process_state::draining));
  out.family("opslb_config_last_reload_successful", gauge,
             "0 if the last reload was refused; the old configuration serves.");
  out.sample({}, as_number(!all.last_reload || all.last_reload->ok));
  out.family("opslb_config_load_timestamp_seconds", gauge,
             "When the configuration in force was loaded, since the epoch.");
  out.sample({}, seconds_of(all.loaded));
  out.family("opslb_upgrade_mode", gauge, "1 while the hosts differ in their version of Ops Manager.");
  if (all.upgrade_mode) out.sample({}, as_number(all.upgrade_mode->active));
}

void write_requests(const totals& t, exposition& out) {
  out.family("opslb_requests_total", counts, "Requests that clients began.");
  out.sample({}, t.requests);
  out.family("opslb_responses_total", counts,
             "Requests that ended, by the class of the status that the client was sent.");
  for (std::size_t i = 0; i < class_names.size(); ++i) out.sample({{"class", class_names[i]}}, t.responses[i]);
  out.family("opslb_own_answers_total", counts, "Requests that opslb answered itself, by status.");
  for (const auto& [status, count] : t.own_answers) out.sample({{"status", std::to_string(status)}}, count);
  out.family("opslb_retries_total", counts, "Attempts at a host after the first one of a request.");
  out.sample({}, t.retries);
  out.family("opslb_requests_in_flight", gauge,
             "Requests and tunnels under way, and connections whose first bytes are read.");
  out.sample({}, t.in_flight);
  out.family("opslb_requests_waiting", gauge, "Requests that wait for a host: for one that is up, or for a place.");
  if (t.waiting) out.sample({}, *t.waiting);
  out.family("opslb_received_bytes_total", counts, "Bytes of requests from clients, heads included, without TLS.");
  if (t.bytes_in) out.sample({}, *t.bytes_in);
  out.family("opslb_sent_bytes_total", counts, "Bytes of responses to clients, heads included, without TLS.");
  if (t.bytes_out) out.sample({}, *t.bytes_out);
  out.family("opslb_access_log_lines_dropped_total", counts, "Lines of the access log that could not be written.");
  out.sample({}, t.access_log_lines_dropped);
}

/// All reasons, so that none appears out of nothing: a rate needs the zero before it.
template <typename Reason>
void write_reasons(const std::map<std::string, std::uint64_t>& known, exposition& out) {
  for (std::size_t i = 0; i < static_cast<std::size_t>(Reason::count_of_reasons); ++i) {
    const std::string reason(to_text(static_cast<Reason>(i)));
    const auto found = known.find(reason);
    out.sample({{"reason", reason}}, found == known.end() ? 0 : found->second);
  }
}

void write_connections(const totals& t, exposition& out) {
  out.family("opslb_connections_total", counts, "Connections of clients that were accepted.");
  out.sample({}, t.connections);
  out.family("opslb_connections_open", gauge, "Connections of clients that are open.");
  out.sample({}, t.connections_open);
  out.family("opslb_connections_limit", gauge, "limits.connections, as far as descriptors allow; 0: no bound.");
  out.sample({}, t.connections_limit);
  out.family("opslb_tls_handshakes_total", counts, "Handshakes of TLS with clients that came to an end.");
  out.sample({}, t.tls_handshakes);
  out.family("opslb_connections_refused_total", counts, "Connections that were not served, by the reason.");
  write_reasons<refused_connection>(t.refused, out);
  out.family("opslb_http2_connections_total", counts, "Connections of clients that spoke HTTP/2.");
  out.sample({}, t.http2_connections);
  out.family("opslb_http2_errors_total", counts,
             "HTTP/2 connections that ended because the client broke the protocol.");
  out.sample({}, t.http2_errors);
  out.family("opslb_http2_abuse_total", counts,
             "HTTP/2 connections that were ended for asking too much, by what it was.");
  write_reasons<http2_abuse>(t.http2_abuse, out);
}

void write_latency(const std::optional<latencies>& took, exposition& out) {
  const latencies none;
  const latencies& all = took ? *took : none;
  out.family("opslb_connect_seconds", times, "Making a new connection to a host; those that failed are not in it.");
  out.samples({}, all.connect, all.bounds);
  out.family("opslb_first_byte_seconds", times, "From a request's head to the head of a host's response.");
  out.samples({}, all.first_byte, all.bounds);
  out.family("opslb_exchange_seconds", times, "From a request's head to the end of all, tunnels included.");
  out.samples({}, all.total, all.bounds);
}

void write_listeners(const std::vector<listener>& all, exposition& out) {
  const auto each_has = [&](std::string_view name, std::string_view type, std::string_view help,
                            std::optional<std::uint64_t> listener::* value) {
    out.family(name, type, help);
    for (const listener& each : all) {
      if (each.*value) out.sample({{"listener", each.name}}, *(each.*value));
    }
  };
  each_has("opslb_listener_connections_total", counts, "Connections that a listener accepted.", &listener::connections);
  each_has("opslb_listener_connections_open", gauge, "Connections of a listener that are open.",
           &listener::connections_open);
  each_has("opslb_listener_requests_total", counts, "Requests that came over a listener.", &listener::requests);
  out.family("opslb_certificate_expiry_timestamp_seconds", gauge,
             "When a listener's certificate ends, since the epoch.");
  std::set<std::pair<std::string_view, std::string_view>> written;
  for (const listener& each : all) {
    for (const certificate& shown : each.certificates) {
      if (!written.emplace(each.name, shown.file).second) continue;
      out.sample({{"listener", each.name}, {"file", shown.file}}, seconds_of(shown.not_after));
    }
  }
}

void write_state_of(const std::vector<backend>& all, exposition& out) {
  const auto each_is = [&](std::string_view name, std::string_view help, auto value) {
    out.family(name, gauge, help);
    for (const backend& each : all) out.sample({{"backend", each.name}}, value(each));
  };
  out.family("opslb_backend_info", gauge, "Always 1; a host's URL and its version of Ops Manager are in the labels.");
  for (const backend& each : all) {
    out.sample({{"backend", each.name}, {"url", each.url}, {"version", each.version}}, std::uint64_t{1});
  }
  each_is("opslb_backend_up", "1 if the host passes its checks and is not drained.",
          [](const backend& b) { return as_number(b.state == backend_state::up); });
  each_is("opslb_backend_drained", "1 if the host was taken out of rotation by hand.", [](const backend& b) {
    return as_number(b.state == backend_state::draining || b.state == backend_state::drained);
  });
  each_is("opslb_backend_in_rotation", "1 if the host gets new requests.",
          [](const backend& b) { return as_number(b.in_rotation); });
  each_is("opslb_backend_weight", "Share of the requests, relative to the other hosts.",
          [](const backend& b) { return std::uint64_t{b.weight}; });
  each_is("opslb_backend_requests_in_flight", "Requests that hold a place at the host.",
          [](const backend& b) { return b.in_flight; });
  out.family("opslb_backend_check_duration_seconds", gauge, "How long the last check of the host took.");
  for (const backend& each : all) {
    if (!each.checks.empty())
      out.sample({{"backend", each.name}}, std::chrono::duration<double>(each.checks.back().took).count());
  }
}

void write_counts_of(const std::vector<backend>& all, exposition& out) {
  const auto each_has = [&](std::string_view name, std::string_view type, std::string_view help, auto value) {
    out.family(name, type, help);
    for (const backend& each : all) {
      if (const std::optional<std::uint64_t> count = value(each)) out.sample({{"backend", each.name}}, *count);
    }
  };
  each_has("opslb_backend_requests_total", counts, "Requests that were given a place at the host.",
           [](const backend& b) { return b.requests; });
  out.family("opslb_backend_responses_total", counts,
             "The same, by the class of the host's answer; none: it gave none.");
  for (const backend& each : all) {
    for (std::size_t i = 0; each.responses && i < class_names.size(); ++i)
      out.sample({{"backend", each.name}, {"class", class_names[i]}}, (*each.responses)[i]);
  }
  each_has("opslb_backend_connects_total", counts, "New connections to the host that were begun.",
           [](const backend& b) { return b.connects; });
  each_has("opslb_backend_connect_failures_total", counts, "New connections to the host that failed.",
           [](const backend& b) { return b.connect_failures; });
  each_has("opslb_backend_retries_total", counts, "Requests that were tried again after an attempt at the host.",
           [](const backend& b) { return b.retries; });
  each_has("opslb_backend_received_bytes_total", counts, "Bytes from clients for the host, heads included.",
           [](const backend& b) { return b.bytes_in; });
  each_has("opslb_backend_sent_bytes_total", counts, "Bytes to clients from the host, heads included.",
           [](const backend& b) { return b.bytes_out; });
  each_has("opslb_backend_connections_idle", gauge,
           "Connections to the host that rest until they are needed, as of the last second.",
           [](const backend& b) { return b.connections_idle; });
  each_has("opslb_backend_checks_total", counts, "Health checks of the host.",
           [](const backend& b) { return b.checks_made; });
  each_has("opslb_backend_went_down_total", counts, "How often checks took the host out of rotation.",
           [](const backend& b) { return b.went_down; });
}

void write_latency_of(const std::vector<backend>& all, exposition& out) {
  const auto each_has = [&](std::string_view name, std::string_view help, histogram latencies::* which) {
    out.family(name, times, help);
    for (const backend& each : all) {
      if (each.latency) out.samples({{"backend", each.name}}, (*each.latency).*which, each.latency->bounds);
    }
  };
  each_has("opslb_backend_connect_seconds", "Making a new connection to the host.", &latencies::connect);
  each_has("opslb_backend_first_byte_seconds",
           "From a request's turn on the connection to the head of the host's response.", &latencies::first_byte);
  each_has("opslb_backend_exchange_seconds", "How long requests held their place at the host.", &latencies::total);
}

void write_agents(const std::optional<agents_seen>& agents, exposition& out) {
  const agents_seen known = agents.value_or(agents_seen());
  out.family("opslb_agents_seen", gauge, "MongoDB Agents that have called, by the names that they give.");
  out.sample({}, known.seen);
  out.family("opslb_agents_silent", gauge, "Those that have not called for 90 seconds.");
  out.sample({}, known.silent);
  out.family("opslb_agents", gauge, "MongoDB Agents that have called, by version; the rare ones as other.");
  for (const auto& [version, count] : known.versions) out.sample({{"version", version}}, count);
}

}  // namespace

std::string metrics_text(const report& all) {
  exposition out;
  write_process(all, out);
  write_requests(all.totals, out);
  write_connections(all.totals, out);
  write_latency(all.latency, out);
  write_listeners(all.listeners, out);
  write_state_of(all.backends, out);
  write_counts_of(all.backends, out);
  write_latency_of(all.backends, out);
  write_agents(all.agents, out);
  return out.text();
}

}  // namespace opslb::admin
