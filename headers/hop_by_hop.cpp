#include "headers/hop_by_hop.hpp"

#include <algorithm>

#include "headers/characters.hpp"
#include "headers/list.hpp"

namespace opslb::headers {

namespace {

bool is_keyword(std::string_view option) {
  return equals_ignoring_case(option, "close") || equals_ignoring_case(option, "keep-alive") ||
         equals_ignoring_case(option, "upgrade");
}

}  // namespace

bool connection_options::finds(std::string_view field_name) const {
  return std::any_of(fields->begin(), fields->end(), [&](const field& line) {
    return line.known.id == field_id::connection && is_nominated(line.value, field_name);
  });
}

bool is_nominated(std::string_view connection_list, std::string_view field_name) {
  return !is_keyword(field_name) && !for_each_element(connection_list, [field_name](std::string_view option) {
    return !equals_ignoring_case(option, field_name);
  });
}

std::string connection_list(const std::vector<field>& fields) {
  std::string list;
  for (const field& line : fields) {
    if (line.known.id == field_id::connection) list.append(line.value).append(",");
  }
  return list;
}

connection_options read_connection(const std::vector<field>& fields) {
  connection_options options;
  options.fields = &fields;
  const auto take = [&options](std::string_view option) {
    if (equals_ignoring_case(option, "close")) {
      options.close = true;
    } else if (equals_ignoring_case(option, "keep-alive")) {
      options.keep_alive = true;
    } else if (equals_ignoring_case(option, "upgrade")) {
      options.upgrade = true;
    } else if (!all_of(token_character, option) || options.nominations == connection_options::most) {
      return false;
    } else {
      ++options.nominations;
    }
    return true;
  };
  for (const auto& line : fields) {
    if (line.known.id == field_id::connection && !for_each_element(line.value, take)) options.well_formed = false;
  }
  return options;
}

}  // namespace opslb::headers
