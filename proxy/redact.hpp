// Keeps credentials out of the logs: query values whose names speak of keys and passwords, and user:password@ in front of a
// host, are masked as ***. Pure.
#pragma once

#include <cstddef>
#include <string_view>

namespace opslb {

/// How a run of bytes is written into a log line of some format. Returns where it ends.
using escape = char* (*)(std::string_view bytes, char* out);

/// True for mmsApiKey, agentApiKey, sessionKey, password, access_token and the like: the name of a query parameter, as
/// received, maybe percent-encoded.
bool names_a_secret(std::string_view parameter);
/// What the last bytes in front of an equals sign tell at once, whatever they belong to: false if no name that ends with them is a
/// secret's.
bool may_name_a_secret(std::string_view text);

/// Writes a request target or the value of Referer, and returns where it ends. A mask makes it longer, but never more than
/// `mask_growth` times as long; `write` may make it longer than that.
char* put_redacted_target(std::string_view target, escape write, char* out);
/// The same for the value of Host, which has no business to carry userinfo but may.
char* put_redacted_host(std::string_view host, escape write, char* out);

/// "@" becomes "***@".
inline constexpr std::size_t mask_growth = 4;

}  // namespace opslb
