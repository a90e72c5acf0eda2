// Comma-separated lists in field values (RFC 9110 5.6.1). Pure.
#pragma once

#include <string_view>

#include "headers/characters.hpp"

namespace opslb::headers {

/// Calls `take(element)` for each element, without blanks around it, until that says false; empty elements are passed over,
/// as 5.6.1.2 asks. Quotes and comments are not looked at: a comma always separates. False if `take` said so.
template <typename Take>
bool for_each_element(std::string_view list, Take take) {
  while (true) {
    const auto comma = list.find(',');
    const auto element = trimmed(list.substr(0, comma));
    if (!element.empty() && !take(element)) return false;
    if (comma == std::string_view::npos) return true;
    list.remove_prefix(comma + 1);
  }
}

/// The element before the first comma; empty if there is none.
inline std::string_view first_element(std::string_view list) { return trimmed(list.substr(0, list.find(','))); }

}  // namespace opslb::headers
