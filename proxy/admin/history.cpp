#include "proxy/admin/history.hpp"

#include <nlohmann/json.hpp>

#include <set>

namespace opslb::admin {
namespace {

using json = nlohmann::ordered_json;
using counted = history::counted;

std::optional<std::uint64_t> errors_of(const std::optional<class_counts>& responses) {
  if (!responses) return std::nullopt;
  return (*responses)[5] + (*responses)[0];
}

std::vector<std::uint64_t> latency_of(const std::optional<latencies>& all) {
  return all ? all->total.counts : std::vector<std::uint64_t>();
}

template <typename T>
json or_null(const std::optional<T>& value) {
  return value ? json(*value) : json();
}

/// The buckets of `now` that differ from those of `before`. A host that was away for a while may have begun anew: then they
/// have become less.
json growth(const std::vector<std::uint64_t>& before, const std::vector<std::uint64_t>& now) {
  if (now.empty()) return nullptr;
  json out = json::array();
  for (std::size_t i = 0; i < now.size() && before.size() == now.size(); ++i) {
    if (now[i] != before[i]) out.push_back({i, static_cast<std::int64_t>(now[i] - before[i])});
  }
  return out;
}

/// One number for each moment; `find` gives what was counted then, or nullptr.
template <typename Find, typename Read>
json numbers(const history& all, Find find, Read read) {
  json out = json::array();
  for (const auto& each : all.samples()) {
    const counted* const found = find(each);
    out.push_back(found ? json(read(*found)) : json());
  }
  return out;
}

template <typename Find>
json histograms(const history& all, Find find, json& first) {
  json out = json::array();
  const std::vector<std::uint64_t>* before = nullptr;
  for (const auto& each : all.samples()) {
    const counted* const found = find(each);
    if (found == nullptr || found->latency.empty()) {
      out.push_back(nullptr);
      continue;
    }
    if (before == nullptr) first = found->latency;
    out.push_back(growth(before ? *before : found->latency, found->latency));
    before = &found->latency;
  }
  return out;
}

template <typename Find>
json series(const history& all, Find find) {
  json out = json::object(), first = json::array();
  out["requests"] = numbers(all, find, [](const counted& c) { return c.requests; });
  out["errors"] = numbers(all, find, [](const counted& c) { return or_null(c.errors); });
  out["in_flight"] = numbers(all, find, [](const counted& c) { return c.in_flight; });
  out["bytes_in"] = numbers(all, find, [](const counted& c) { return or_null(c.bytes_in); });
  out["bytes_out"] = numbers(all, find, [](const counted& c) { return or_null(c.bytes_out); });
  json grown = histograms(all, find, first);
  out["latency_first"] = std::move(first);
  out["latency"] = std::move(grown);
  return out;
}

double since_1970(wall_time when) {
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(when.time_since_epoch());
  return static_cast<double>(milliseconds.count()) / 1000;
}

}  // namespace

void history::add(const report& now) {
  const auto& bounds = now.latency ? now.latency->bounds : bounds_;
  if (bounds != bounds_) {
    for (auto& each : samples_) {
      each.totals.latency.clear();
      for (auto& [name, backend] : each.backends) backend.latency.clear();
    }
    bounds_ = bounds;
  }
  const auto& sum = now.totals;
  sample out{
      now.now,
      {sum.requests, sum.in_flight, errors_of(sum.responses), sum.bytes_in, sum.bytes_out, latency_of(now.latency)},
      {}};
  for (const auto& each : now.backends) {
    out.backends[each.name] = {each.requests, each.in_flight, errors_of(each.responses),
                               each.bytes_in, each.bytes_out, latency_of(each.latency)};
  }
  samples_.push_back(std::move(out));
  if (samples_.size() > most_samples) samples_.pop_front();
}

std::string to_json(const history& all) {
  json at = json::array(), backends = json::object();
  std::set<std::string> names;
  for (const auto& each : all.samples()) {
    at.push_back(since_1970(each.at));
    for (const auto& [name, backend] : each.backends) names.insert(name);
  }
  for (const auto& name : names) {
    backends[name] = series(all, [&name](const history::sample& each) {
      const auto found = each.backends.find(name);
      return found == each.backends.end() ? nullptr : &found->second;
    });
  }
  const json out = {{"interval_seconds", history::interval.count()},
                    {"bounds", all.bounds()},
                    {"at", std::move(at)},
                    {"totals", series(all, [](const history::sample& each) { return &each.totals; })},
                    {"backends", std::move(backends)}};
  return out.dump(-1, ' ', true, json::error_handler_t::replace) + "\n";
}

}  // namespace opslb::admin
