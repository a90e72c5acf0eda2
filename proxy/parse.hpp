// JSON text with `//` and `/* */` comments into a small tree in which every value and key knows its line and column, so
// that what is wrong with a value later can be shown where it stands. nlohmann/json does the parsing; it gives no
// positions, which parse_cursor adds. Knows nothing of opslb's configuration. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace opslb::json {

/// Both from 1; the column counts bytes. A byte order mark is before column 1.
struct position {
  std::size_t line = 1;
  std::size_t column = 1;
  friend bool operator==(const position&, const position&) = default;
};

enum class kind : std::uint8_t { null, boolean, number, string, list, object };

struct value {
  kind what = kind::null;
  position at;
  std::string key;  ///< of an object's item
  position key_at;
  bool boolean = false;
  std::optional<std::uint64_t> whole;  ///< a number that is whole, not negative and exact; 1.0 and 1e2 count
  std::string text;                    ///< a string's characters; a number as it was written
  std::vector<value> items;            ///< of a list or an object

  const value* find(std::string_view name) const;
};

struct problem {
  position at;
  std::string path;  ///< as in "listeners[0].bind"; empty for the document
  std::string message;
};

struct document {
  std::optional<value> root;      ///< absent after a syntax error
  std::vector<problem> problems;  ///< duplicate keys, of which the first counts, or at last one syntax error
};

/// `text` must be UTF-8 without NUL bytes. Objects and lists may nest 32 deep.
document parse(std::string_view text);

/// `outer` followed by a key: "outer.key", or `outer["key"]` where the key is no plain word.
std::string path_to(std::string_view outer, std::string_view key);
std::string path_to(std::string_view outer, std::size_t index);

/// In double quotes, with control characters escaped and a long text cut short: fit for one line of a message.
std::string quoted(std::string_view text);

/// "a string", "a list", …
std::string_view name_of(kind what);

}  // namespace opslb::json
