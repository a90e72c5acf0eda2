#include "health/outage.hpp"

#include <algorithm>
#include <vector>

namespace opslb::health {

namespace {

/// Hosts that fail alike: the same status, or the same way of not answering.
struct alike {
  const last_check* sample = nullptr;
  std::vector<std::string_view> names;
};

bool fail_alike(const last_check& a, const last_check& b) { return a.how == b.how && a.status == b.status; }

/// The largest group first; among equals, in the order of the configuration.
template <typename Host, typename Check, typename Name>
std::vector<alike> grouped(std::span<const Host> hosts, Check check, Name name) {
  std::vector<alike> groups;
  for (const Host& host : hosts) {
    const auto group =
        std::find_if(groups.begin(), groups.end(), [&](const alike& g) { return fail_alike(*g.sample, check(host)); });
    if (group == groups.end()) {
      groups.push_back({&check(host), {name(host)}});
    } else {
      group->names.push_back(name(host));
    }
  }
  std::stable_sort(groups.begin(), groups.end(),
                   [](const alike& a, const alike& b) { return a.names.size() > b.names.size(); });
  return groups;
}

/// How a check without an answer ended. last_check::text is no use here: it may name the host.
std::string_view plain_words(ending how) {
  switch (how) {
    case ending::unchecked: return "not checked yet";
    case ending::answered: break;
    case ending::unresolved: return "name not resolved";
    case ending::refused: return "connection refused";
    case ending::no_connection: return "no connection in time";
    case ending::no_answer: return "no answer in time";
    case ending::reset: return "connection reset";
    case ending::closed: return "connection closed without a complete answer";
    case ending::garbled: return "no HTTP response";
    case ending::insecure: return "TLS failed";
    case ending::failed: return "network error";
    case ending::drained: return "drained";
  }
  return "answered";
}

/// Where to look first, if all hosts fail in this way.
std::string_view advice(const last_check& check) {
  switch (check.how) {
    case ending::answered:
      // The endpoint asks the application database, which the hosts share.
      if (check.status >= 500) return "look at the application database";
      return check.status == 404 ? "look at health_check.path" : "look at Ops Manager's own log";
    case ending::unresolved: return "look at the name service";
    case ending::insecure: return "look at the hosts' certificates";
    case ending::refused: return "look whether Ops Manager is running";
    case ending::no_connection:
    case ending::failed: return "look at the network between";
    case ending::garbled: return "look whether the port is Ops Manager's, and plain HTTP";
    default: return "look at Ops Manager's own log";
  }
}

std::string what_they_do(const last_check& check, bool several, std::string_view path) {
  if (check.how == ending::unchecked) return std::string(several ? "have" : "has") + " not been checked yet";
  if (check.how == ending::drained) return several ? "are drained" : "is drained";
  if (check.how != ending::answered) return "cannot be reached (" + std::string(plain_words(check.how)) + ')';
  return std::string(several ? "answer " : "answers ").append(path) + " with " + std::to_string(check.status);
}

std::string all_alike(const last_check& check, std::size_t count, std::string_view path) {
  const bool several = count > 1;
  const std::string who = several ? "all " + std::to_string(count) + " hosts " : "the only host ";
  if (check.how == ending::unchecked) return who + what_they_do(check, several, path);
  if (check.how == ending::drained) return who + what_they_do(check, several, path) + ": put one back by opslb ready";
  if (check.how != ending::answered) {
    return (who + "cannot be reached: ").append(plain_words(check.how)).append("; ").append(advice(check));
  }
  return (who + what_they_do(check, several, path) + ": ").append(advice(check));
}

std::string counted(const alike& group) {
  return std::to_string(group.names.size()) + (group.names.size() > 1 ? " hosts" : " host");
}

/// "ops1", "ops1 and ops2", "ops1, ops2 and ops3"
std::string listed(const alike& group) {
  std::string text(group.names.front());
  for (std::size_t i = 1; i < group.names.size(); ++i) {
    text.append(i + 1 < group.names.size() ? ", " : " and ").append(group.names[i]);
  }
  return text;
}

template <typename Subject>
std::string sentence(const std::vector<alike>& groups, std::string_view path, Subject subject) {
  if (groups.empty()) return "no host is known; look at the name service";
  if (groups.size() == 1) return all_alike(*groups.front().sample, groups.front().names.size(), path);
  std::string text;
  for (const alike& group : groups) {
    if (!text.empty()) text += ", ";
    text += subject(group) + ' ' + what_they_do(*group.sample, group.names.size() > 1, path);
  }
  return text;
}

}  // namespace

std::string describe_outage(std::span<const last_check> hosts, std::string_view path) {
  const auto groups = grouped(
      hosts, [](const last_check& host) -> const last_check& { return host; },
      [](const last_check&) { return std::string_view(); });
  return sentence(groups, path, counted);
}

std::string describe_outage(std::span<const checked_host> hosts, std::string_view path) {
  const auto groups = grouped(
      hosts, [](const checked_host& host) -> const last_check& { return host.last; },
      [](const checked_host& host) { return std::string_view(host.name); });
  return sentence(groups, path, listed);
}

}  // namespace opslb::health
