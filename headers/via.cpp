#include "headers/via.hpp"

#include <algorithm>
#include <cstddef>

#include "headers/characters.hpp"
#include "headers/known_field.hpp"

namespace opslb::headers {
namespace {

/// Behind the comment that begins at `open`; `open` itself where it is never closed, so that an open bracket cannot hide
/// what follows it.
std::size_t comment_end(std::string_view text, std::size_t open) {
  std::size_t depth = 0;
  for (auto i = open; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '(') {
      ++depth;
    } else if (text[i] == ')' && --depth == 0) {
      return i + 1;
    }
  }
  return open;
}

bool is_named(std::string_view received_by, std::string_view name) {
  return equals_ignoring_case(received_by, name) ||
         equals_ignoring_case(received_by.substr(0, received_by.rfind(':')), name);
}

}  // namespace

/// Words are what blanks, commas and comments separate; an element is `protocol received-by [comment]`, so its second word
/// is the one that counts.
bool via_names(std::string_view via, std::string_view name) {
  std::size_t words = 0;
  bool brackets_close = true;
  for (std::size_t i = 0; i < via.size();) {
    if (via[i] == ',') {
      words = 0;
      ++i;
    } else if (is_blank(via[i])) {
      ++i;
    } else if (const auto behind = via[i] == '(' && brackets_close ? comment_end(via, i) : i; behind != i) {
      i = behind;
    } else {
      if (via[i] == '(') brackets_close = false;  // looked for once: not for every bracket again
      const auto end = std::min(via.find_first_of(" \t,(", i + 1), via.size());
      if (++words == 2 && is_named(via.substr(i, end - i), name)) return true;
      i = end;
    }
  }
  return false;
}

}  // namespace opslb::headers
