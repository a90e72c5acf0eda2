#include "proxy/admin/json_text.hpp"

#include <nlohmann/json.hpp>

#include "proxy/utc_time.hpp"

namespace opslb::admin {

std::string text_of(const json& what) { return what.dump(-1, ' ', true, json::error_handler_t::replace) + "\n"; }

std::string iso(wall_time when) {
  std::string out;
  append_rfc3339(when, out);
  return out;
}

json text_or_null(std::string_view text) { return text.empty() ? json() : json(text); }

}  // namespace opslb::admin
