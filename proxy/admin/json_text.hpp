// How the admin endpoint writes JSON, whatever it tells: no byte that a host or a client chose can break the document. Pure.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "proxy/admin/report.hpp"

namespace opslb::admin {

using json = nlohmann::ordered_json;

/// One line of ASCII; what is no UTF-8 is replaced.
std::string text_of(const json& what);
std::string iso(wall_time when);
/// null for an empty text.
json text_or_null(std::string_view text);

}  // namespace opslb::admin
