// Says in words what is wrong where JSON text breaks its grammar: what was expected and what stands there. Pure.
#pragma once

#include <cstdint>
#include <string>

#include "proxy/parse_cursor.hpp"

namespace opslb::json {

/// What the grammar allows next.
enum class awaited : std::uint8_t {
  value,       ///< at the beginning, or after a colon
  first_item,  ///< after "[": a value or "]"
  item,        ///< after a comma in a list
  first_key,   ///< after "{": a key or "}"
  key,         ///< after a comma in an object
  colon,
  more,     ///< after a value in a list or an object: a comma or the closing bracket
  nothing,  ///< after the document's one value
};

/// The bracket that is open where the text breaks off; `bracket` is NUL outside of any.
struct enclosing {
  char bracket = '\0';
  position at;
};

struct complaint {
  position at;
  std::string message;
};

/// `where` stands behind the last token that the parser took, and `next` is what it then waited for.
complaint explain(cursor where, awaited next, const enclosing& open);

}  // namespace opslb::json
