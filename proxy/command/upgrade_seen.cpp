#include "proxy/command/upgrade_seen.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string>

#include "proxy/command/call.hpp"

namespace opslb::command {
namespace {

using nlohmann::json;

host_state to_state(const std::string& text) {
  if (text == "up") return host_state::up;
  if (text == "draining") return host_state::draining;
  return text == "drained" ? host_state::drained : host_state::down;
}

/// Some of it is what hosts say of themselves.
std::string text_of(const json& from, const char* key) {
  const auto found = from.find(key);
  return found != from.end() && found->is_string() ? printable(found->get<std::string>()) : std::string();
}

std::string describe_bytes(std::uint64_t bytes) {
  if (bytes < 1024) return fmt::format("{} B", bytes);
  if (bytes < 1024 * 1024) return fmt::format("{} KiB", bytes / 1024);
  return fmt::format("{} MiB", bytes / (1024 * 1024));
}

std::string describe(const json& exchange) {
  const std::uint64_t moved =
      exchange.value("bytes_in", std::uint64_t{0}) + exchange.value("bytes_out", std::uint64_t{0});
  return fmt::format("{} {} for {:.0f} s, {}", text_of(exchange, "path_class"), text_of(exchange, "method"),
                     exchange.value("age_seconds", 0.0), describe_bytes(moved));
}

/// Times of one form compare as texts do.
void read_checks(const json& backend, const std::string& drained_since, seen_host& host) {
  const auto checks = backend.find("checks");
  if (checks == backend.end() || !checks->is_array()) return;
  for (const json& each : *checks) {
    const bool ok = each.value("ok", false);
    host.good_checks = ok ? host.good_checks + 1 : 0;
    if (!ok && !drained_since.empty() && text_of(each, "at") >= drained_since) host.was_away = true;
  }
}

seen_host to_host(const json& backend) {
  seen_host host;
  host.name = text_of(backend, "name");
  host.state = to_state(text_of(backend, "state"));
  host.version = text_of(backend, "version");
  host.in_flight = backend.value("in_flight", std::uint64_t{0});
  std::string drained_since;
  if (const auto drain = backend.find("drain"); drain != backend.end() && drain->is_object()) {
    drained_since = text_of(*drain, "since");
    const auto list = drain->find("in_flight");
    if (list != drain->end() && list->is_array() && !list->empty()) host.oldest = describe(list->front());
  }
  if (const auto last = backend.find("last_check"); last != backend.end() && last->is_object()) {
    host.is_healthy = last->value("ok", false);
    host.check = text_of(*last, "text");
  }
  read_checks(backend, drained_since, host);
  return host;
}

}  // namespace

std::vector<seen_host> read_hosts(std::string_view status_json) {
  const json status = json::parse(status_json, nullptr, false);
  const auto backends = status.is_object() ? status.find("backends") : status.end();
  if (!status.is_object() || backends == status.end() || !backends->is_array())
    throw std::runtime_error("what answers there is not opslb's admin endpoint");
  try {
    std::vector<seen_host> hosts;
    for (const json& each : *backends) hosts.push_back(to_host(each));
    return hosts;
  } catch (const json::exception&) {
    throw std::runtime_error("the running opslb answers in another form: its version is not this program's");
  }
}

}  // namespace opslb::command
