// Finds what belongs to the name that a client asks for (SNI, RFC 6066 3). Filled once, then only read. Pure.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace opslb::tls {

class name_index {
 public:
  /// `pattern` is a host name in lower case, or one with "*" for its leftmost label. A star elsewhere, or beside other
  /// letters, matches nothing (RFC 6125 6.4.3 lets us choose). A pattern that is there already keeps its number.
  void add(std::string_view pattern, std::size_t number);

  /// The number of the pattern that fits; the name itself goes before a star. Capitals and a dot at the end make no
  /// difference.
  std::optional<std::size_t> find(std::string_view name) const;

 private:
  using numbers_by_name = std::map<std::string, std::size_t, std::less<>>;
  numbers_by_name exact_;
  numbers_by_name below_;  ///< "*.example.com" as "example.com"
};

}  // namespace opslb::tls
