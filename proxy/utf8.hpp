// Is a text UTF-8 (RFC 3629)? Asked of a configuration file before anything else looks at it. Pure.
#pragma once

#include <cstddef>
#include <string_view>

namespace opslb {

/// How many leading bytes of `text` are well-formed UTF-8: all of them if it is. Overlong forms, surrogates and what
/// lies beyond U+10FFFF are not.
std::size_t valid_utf8_prefix(std::string_view text);

}  // namespace opslb
