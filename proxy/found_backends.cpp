#include "proxy/found_backends.hpp"

#include <algorithm>
#include <utility>

#include "proxy/config_values.hpp"
#include "proxy/upstream/balancer.hpp"

namespace opslb {
namespace {

health::followed_name name_of(const backend_config& backend) {
  const bool services = backend.resolve == resolve_rule::srv;
  return {backend.host, services ? health::question::services : health::question::addresses};
}

backend_config at_address(const backend_config& named, const headers::ip_address& address) {
  backend_config made = named;
  made.resolve = resolve_rule::first;
  made.host = address.to_string();
  made.name = named.name + '@' + made.host;
  return made;
}

/// A weight of the record's counts relative to the heaviest one, which gets the configured weight. All of 0: all the same.
backend_config at_service(const backend_config& named, const health::service& record, unsigned heaviest) {
  backend_config made = named;
  made.resolve = resolve_rule::first;
  made.host = record.host;
  made.port = record.port;
  made.authority = write_host_and_port(record.host, record.port);
  made.name = named.name + '@' + made.authority;
  if (heaviest != 0) made.weight = std::max(1U, named.weight * record.weight / heaviest);
  return made;
}

bool has_name(const std::vector<backend_config>& list, const std::string& name) {
  return std::any_of(list.begin(), list.end(), [&](const auto& each) { return each.name == name; });
}

std::vector<backend_config> backends_of(const backend_config& named, const health::found_hosts& hosts) {
  std::vector<backend_config> result;
  unsigned heaviest = 0;
  for (const health::service& each : hosts.services) heaviest = std::max<unsigned>(heaviest, each.weight);
  for (const headers::ip_address& each : hosts.addresses) result.push_back(at_address(named, each));
  for (const health::service& each : hosts.services) {
    backend_config made = at_service(named, each, heaviest);
    // Two records of one host and port that differ in weight would be one backend twice.
    if (!has_name(result, made.name)) result.push_back(std::move(made));
  }
  return result;
}

/// However many there are.
std::vector<backend_config> all_backends(const config& settings, const health::found_names& found) {
  std::vector<backend_config> result;
  for (const backend_config& each : settings.named_backends) {
    if (each.resolve == resolve_rule::first) {
      result.push_back(each);
      continue;
    }
    const auto hosts = found.find(name_of(each));
    if (hosts == found.end()) continue;
    for (backend_config& made : backends_of(each, hosts->second)) result.push_back(std::move(made));
  }
  return result;
}

}  // namespace

std::vector<health::followed_name> names_to_follow(const config& settings) {
  std::vector<health::followed_name> result;
  for (const backend_config& each : settings.named_backends) {
    if (each.resolve != resolve_rule::first) result.push_back(name_of(each));
  }
  return result;
}

found_backends with_found_backends(const config& settings, const health::found_names& found) {
  found_backends result{settings, {}};
  std::vector<backend_config>& backends = result.settings.backends;
  backends = all_backends(settings, found);
  // Left out is only what comes: no backend that the file names, and none that is in use.
  const auto stays = [&](const backend_config& each) {
    return each.name.find('@') == std::string::npos || has_name(settings.backends, each.name);
  };
  auto room =
      upstream::most_backends - static_cast<std::size_t>(std::count_if(backends.begin(), backends.end(), stays));
  std::erase_if(backends, [&](const backend_config& each) {
    if (stays(each)) return false;
    if (room == 0) {
      result.left_out.push_back(each.name);
      return true;
    }
    --room;
    return false;
  });
  return result;
}

bool same_backends(const std::vector<backend_config>& some, const std::vector<backend_config>& others) {
  return std::equal(some.begin(), some.end(), others.begin(), others.end(), [](const auto& one, const auto& other) {
    return one.name == other.name && one.weight == other.weight;
  });
}

}  // namespace opslb
