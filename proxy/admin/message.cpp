#include "proxy/admin/message.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "headers/known_field.hpp"
#include "proxy/admin/report_json.hpp"
#include "proxy/reason_phrase.hpp"
#include "proxy/utc_time.hpp"

namespace opslb::admin {

std::string_view request::field(std::string_view name) const {
  for (const headers::field& each : head.fields) {
    if (headers::equals_ignoring_case(each.name, name)) return each.value;
  }
  return {};
}

bool request::has(std::string_view name) const {
  return std::any_of(head.fields.begin(), head.fields.end(),
                     [&](const auto& each) { return headers::equals_ignoring_case(each.name, name); });
}

answer refusal(unsigned status, std::string_view detail) {
  return {.status = status, .body = error_json(status, reason_phrase(status), detail)};
}

std::string to_bytes(const answer& what, bool for_head, bool keeps_alive) {
  std::string out = fmt::format(
      "HTTP/1.1 {} {}\r\nServer: opslb\r\nDate: {}\r\nContent-Type: {}\r\nContent-Length: {}\r\nCache-Control: "
      "no-store\r\n"
      "X-Content-Type-Options: nosniff\r\nX-Frame-Options: DENY\r\nReferrer-Policy: no-referrer\r\n"
      "Content-Security-Policy: {}\r\n",
      what.status, reason_phrase(what.status), http_date(std::chrono::system_clock::now()), what.type, what.body.size(),
      what.policy);
  if (!what.allow.empty()) out += fmt::format("Allow: {}\r\n", what.allow);
  if (what.status == 401) out += "WWW-Authenticate: Bearer realm=\"opslb\"\r\n";
  if (!keeps_alive) out += "Connection: close\r\n";
  out += "\r\n";
  if (!for_head) out += what.body;
  return out;
}

}  // namespace opslb::admin
