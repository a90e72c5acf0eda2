// How bytes from outside stand in a line of the access log: so that they can only be part of their own value, whatever they are.
#pragma once

#include <cstddef>
#include <string_view>

#include "headers/quotable.hpp"

namespace opslb::access_log {

/// Text that has something to escape.
char* put_escaped_json(std::string_view bytes, char* out);

/// Between the quotes of JSON: what is neither printable ASCII nor harmless UTF-8 as \u00HH. Returns where it ends.
[[gnu::always_inline]] inline char* put_json_text(std::string_view bytes, char* out) {
  return headers::copy_if<headers::quotable>(bytes, out) ? out + bytes.size() : put_escaped_json(bytes, out);
}
/// As nginx and Apache do: what could end the field or the line, and all that is not ASCII, as \xHH.
char* put_combined_text(std::string_view bytes, char* out);

/// No byte becomes more than these.
inline constexpr std::size_t json_growth = 6;
inline constexpr std::size_t combined_growth = 4;

}  // namespace opslb::access_log
