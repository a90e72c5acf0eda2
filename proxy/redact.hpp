// Keeps credentials out of the logs: query values whose names speak of keys and passwords, and user:password@ in front of a
// host, are masked as ***. Pure.
#pragma once

#include <string>
#include <string_view>

namespace opslb {

/// How a run of bytes is written into a log line of some format.
using escape = void (*)(std::string_view bytes, std::string& out);

/// True for mmsApiKey, agentApiKey, sessionKey, password, access_token and the like: the name of a query parameter, as
/// received, maybe percent-encoded.
bool names_a_secret(std::string_view parameter);

/// Appends a request target or the value of Referer.
void append_redacted_target(std::string_view target, escape write, std::string& out);
/// Appends the value of Host, which has no business to carry userinfo but may.
void append_redacted_host(std::string_view host, escape write, std::string& out);

}  // namespace opslb
