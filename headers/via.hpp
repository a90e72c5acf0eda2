// The Via field (RFC 9110 7.6.3): has this message been here before? Pure.
#pragma once

#include <string_view>

namespace opslb::headers {

/// True if `name` is the received-by of any element, with or without a port, in any case. Comments do not count.
bool via_names(std::string_view via, std::string_view name);

}  // namespace opslb::headers
