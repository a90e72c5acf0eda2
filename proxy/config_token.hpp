// The token that callers of the admin endpoint have to know, as its file holds it.
#pragma once

#include <string>

#include "proxy/config_outcome.hpp"

namespace opslb {

/// The one line in the file: 1 to 512 visible ASCII characters, which can stand in a header (RFC 6750 2.1 has fewer).
outcome<std::string> read_token(const std::string& path);

}  // namespace opslb
