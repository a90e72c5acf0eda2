// Backends that a name stands for: `resolve` of a backend makes one of each address, or of each SRV record, that its name
// leads to. What requests and checks see are ordinary backends. Pure; main thread.
#pragma once

#include <string>
#include <vector>

#include "health/name_follower.hpp"
#include "proxy/config.hpp"

namespace opslb {

/// The names that these backends have to be followed by.
std::vector<health::followed_name> names_to_follow(const config& settings);

struct found_backends {
  config settings;                    ///< whose `backends` are ordinary ones
  std::vector<std::string> left_out;  ///< backends beyond what one configuration may have
};

/// `settings` with `backends` anew from `named_backends`: in place of each that stands for several the ones found, called
/// "NAME@ADDRESS", or "NAME@HOST:PORT" where an SRV record says so. No configured name has an "@".
found_backends with_found_backends(const config& settings, const health::found_names& found);

/// The same backends in the same order, with the same weights.
bool same_backends(const std::vector<backend_config>& some, const std::vector<backend_config>& others);

}  // namespace opslb
