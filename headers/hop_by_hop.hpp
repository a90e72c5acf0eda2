// What the Connection field of a message says (RFC 9110 7.6.1): options for this connection, and names of fields that end
// here. Views into the head; owns nothing. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "headers/message.hpp"

namespace opslb::headers {

struct connection_options {
  /// Real messages name one to three. The bound keeps a hostile head from being searched many thousand times; one that
  /// names every identity field there is still passes, and takes nothing away.
  static constexpr std::size_t most = 64;

  bool well_formed = true;  ///< tokens only, and no more of them than `most`
  bool close = false;
  bool keep_alive = false;
  bool upgrade = false;

  /// Options other than the above, which name fields.
  std::size_t nominations = 0;

  /// True for a field that the sender gave to this connection alone.
  bool nominates(std::string_view field_name) const { return nominations != 0 && finds(field_name); }

  const std::vector<field>* fields = nullptr;  ///< of the head, which outlives this

 private:
  bool finds(std::string_view field_name) const;
};

connection_options read_connection(const std::vector<field>& fields);

/// All that Connection says, as one list: for trailers, which come when the head is gone.
std::string connection_list(const std::vector<field>& fields);
/// True for a field that such a list names.
bool is_nominated(std::string_view connection_list, std::string_view field_name);

}  // namespace opslb::headers
