// SRV records (RFC 2782): the hosts and ports behind the name of a service, as DNS has them.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace opslb::health {

/// One record.
struct service {
  std::string host;  ///< a name, without the dot behind it
  std::uint16_t port = 0;
  std::uint16_t priority = 0;  ///< the lowest is to be used
  std::uint16_t weight = 0;    ///< share among those of one priority

  auto operator<=>(const service&) const = default;
};

/// The records in a DNS message; nullopt if it is no answer that makes sense. A record without a port, or whose target is no
/// host name, is left out; so is the target ".", which says that there is no such service. Pure.
std::optional<std::vector<service>> read_services(std::span<const std::uint8_t> message);

/// Those of the lowest priority. The others are for when none of these can be reached (RFC 2782), which opslb leaves to
/// whoever publishes the records. Pure.
std::vector<service> preferred(std::vector<service> all);

struct service_answer {
  std::vector<service> services;  ///< all of one priority
  std::string error;              ///< why there are none
};

/// Asks the resolver that /etc/resolv.conf names. Blocks.
service_answer look_up_services(const std::string& name);

}  // namespace opslb::health
