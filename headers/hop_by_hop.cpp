#include "headers/hop_by_hop.hpp"

#include <algorithm>

#include "headers/characters.hpp"
#include "headers/list.hpp"

namespace opslb::headers {

bool connection_options::nominates(std::string_view field_name) const {
  const auto end = nominated.begin() + static_cast<std::ptrdiff_t>(count);
  return std::any_of(nominated.begin(), end, [&](auto name) { return equals_ignoring_case(name, field_name); });
}

connection_options read_connection(const std::vector<field>& fields) {
  connection_options options;
  const auto take = [&options](std::string_view option) {
    if (equals_ignoring_case(option, "close")) {
      options.close = true;
    } else if (equals_ignoring_case(option, "keep-alive")) {
      options.keep_alive = true;
    } else if (equals_ignoring_case(option, "upgrade")) {
      options.upgrade = true;
    } else if (!all_of(token_character, option) || options.count == connection_options::most) {
      return false;
    } else {
      options.nominated[options.count++] = option;
    }
    return true;
  };
  for (const auto& line : fields) {
    if (line.known.id == field_id::connection && !for_each_element(line.value, take)) options.well_formed = false;
  }
  return options;
}

}  // namespace opslb::headers
