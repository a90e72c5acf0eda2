// Field lines up to the empty line that ends them (RFC 9112 5), for heads and trailers alike, and the cursor by which the
// start lines are read too. Internal to the parsers. Pure.
#pragma once

#include <cstddef>
#include <cstring>
#include <string_view>
#include <vector>

#include "headers/characters.hpp"
#include "headers/message.hpp"

namespace opslb::headers {

/// How reading a piece of a head ended.
enum class reading : unsigned char {
  done,
  starved,  ///< the bytes end before the piece does, and are right so far
  malformed,
  too_many,  ///< field lines
};

/// A place in a buffer. The functions move it past what they read.
struct cursor {
  const char* floor;  ///< from here on all may be read
  const char* at;
  const char* end;

  explicit cursor(std::string_view bytes, std::size_t from = 0)
      : floor(bytes.data()),
        at(floor + from),
        end(floor + bytes.size()) {}

  bool starved() const { return at == end; }
  std::string_view since(const char* begin) const { return {begin, static_cast<std::size_t>(at - begin)}; }

  /// Exactly this text.
  reading expect(std::string_view text) {
    for (const char c : text) {
      if (starved()) return reading::starved;
      if (*at != c) return reading::malformed;
      ++at;
    }
    return reading::done;
  }
  reading line_end() {
    if (end - at < 2 || std::memcmp(at, "\r\n", 2) != 0) return expect("\r\n");
    at += 2;
    return reading::done;
  }
};

/// Appends to `fields` and leaves `in` behind the empty line, or, when starved, at the beginning of the line that is not
/// whole yet. `max_count` 0: no bound.
reading read_field_lines(cursor& in, std::size_t max_count, std::vector<field>& fields);

}  // namespace opslb::headers
