// Who may ask what of the admin endpoint. A browser on this machine shows pages of strangers, and they may make it send
// requests here: by a name of theirs that leads to 127.0.0.1 (DNS rebinding), or across sites (CSRF). Pure.
#pragma once

#include <optional>
#include <string>

#include "proxy/admin/message.hpp"
#include "proxy/config.hpp"

namespace opslb::admin {

/// Where the endpoint is bound, and what callers have to know.
struct gate {
  admin_bind bind;
  std::string token;  ///< empty: none
};

/// What a path is worth protecting from.
enum class secrecy : std::uint8_t {
  open,      ///< for load balancers and supervisors, which have no token
  guarded,   ///< tells of the process: needs the token where strangers can reach the endpoint
  changing,  ///< needs the token where there is one, and must come from the endpoint's own page or from no page
};

/// Why the request is refused; nothing if it may pass.
std::optional<answer> objection(const gate& at, const request& asked, secrecy what);

}  // namespace opslb::admin
