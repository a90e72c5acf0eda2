// Is a text UTF-8 (RFC 3629)? Asked of a configuration file before anything else looks at it, and of what clients call
// themselves before it is told to readers that take nothing else. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace opslb {

/// How many leading bytes of `text` are well-formed UTF-8: all of them if it is. Overlong forms, surrogates and what
/// lies beyond U+10FFFF are not.
std::size_t valid_utf8_prefix(std::string_view text);

/// The text with U+FFFD for each byte that cannot stand where it does.
std::string well_formed(std::string_view text);

}  // namespace opslb
