#include "proxy/report_counts.hpp"

#include <algorithm>

#include "proxy/utf8.hpp"

namespace opslb {
namespace {

constexpr double a_million = 1e6;

admin::histogram to_report(const latency_reading& from) {
  return {{from.counts.begin(), from.counts.end()}, static_cast<double>(from.sum) / a_million};
}

admin::latencies to_report(const latencies_reading& from) {
  admin::latencies out;
  for (const std::uint64_t bound : latency_bounds) out.bounds.push_back(static_cast<double>(bound) / a_million);
  out.connect = to_report(from.connect);
  out.first_byte = to_report(from.first_byte);
  out.total = to_report(from.total);
  return out;
}

void add(const responses_by_class& from, admin::class_counts& to) {
  for (std::size_t i = 0; i < to.size(); ++i) to[i] += from[i].get();
}

/// Adds what one worker counted by reason to the reasons in words.
template <typename Reason, std::size_t Size>
void add(const std::array<counter, Size>& counts, std::map<std::string, std::uint64_t>& to) {
  for (std::size_t i = 0; i < Size; ++i) {
    const auto count = counts[i].get();
    if (count != 0) to[std::string(to_text(static_cast<Reason>(i)))] += count;
  }
}

void add(const counters& from, admin::totals& to) {
  to.requests += from.requests.get();
  to.retries += from.retries.get();
  to.connections += from.connections.get();
  to.tls_handshakes += from.handshakes.get();
  *to.bytes_in += from.bytes_in.get();
  *to.bytes_out += from.bytes_out.get();
  add(from.responses, to.responses);
  for (std::size_t status = 0; status < from.own_answers.size(); ++status) {
    const auto count = from.own_answers[status].get();
    if (count != 0) to.own_answers[static_cast<unsigned>(status)] += count;
  }
  add<refused_connection>(from.refused, to.refused);
  to.http2_connections += from.http2_connections.get();
  to.http2_errors += from.http2_errors.get();
  add<http2_abuse>(from.http2_abuses, to.http2_abuse);
}

}  // namespace

void report_counts(const upstream::backend& from, admin::backend& to) {
  latencies_reading took;
  to.responses.emplace();
  to.retries = to.bytes_in = to.bytes_out = to.connections_idle = 0;
  for (std::size_t i = 0; i < from.counts.workers(); ++i) {
    const backend_counts& counts = from.counts.of(i);
    to.requests += counts.requests.get();
    to.connects += counts.connects.get();
    to.connect_failures += counts.connect_failures.get();
    *to.retries += counts.retries.get();
    *to.bytes_in += counts.bytes_in.get();
    *to.bytes_out += counts.bytes_out.get();
    *to.connections_idle += counts.resting.get();
    add(counts.responses, *to.responses);
    took.add(counts.took);
  }
  to.latency = to_report(took);
  to.checks_made = from.health->checks();
  to.went_down = from.health->went_down();
}

void report_counts(const listener_info& from, admin::listener& to) {
  std::uint64_t ended = 0;
  // Before those that began, so that there are never more.
  for (std::size_t i = 0; i < from.counts().workers(); ++i) ended += from.counts().of(i).connections_ended.get();
  to.connections = to.requests = 0;
  for (std::size_t i = 0; i < from.counts().workers(); ++i) {
    *to.connections += from.counts().of(i).connections.get();
    *to.requests += from.counts().of(i).requests.get();
  }
  to.connections_open = *to.connections - ended;
}

void report_counts(const std::vector<std::unique_ptr<worker>>& workers, admin::report& to) {
  latencies_reading took;
  to.totals.bytes_in = to.totals.bytes_out = 0;
  for (const auto& each : workers) {
    add(each->counts(), to.totals);
    took.add(each->counts().took);
  }
  to.latency = to_report(took);
}

admin::agents_seen to_report(const agent_summary& from) {
  admin::agents_seen out{from.seen, from.silent, {}};
  // Clients choose them, and one byte that is no UTF-8 makes Prometheus refuse all metrics. What looks alike then is one.
  for (const auto& [version, count] : from.versions) out.versions[well_formed(version)] += count;
  return out;
}

}  // namespace opslb
