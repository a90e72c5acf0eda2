#include "proxy/admin/message.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>

#include "headers/known_field.hpp"
#include "proxy/admin/report_json.hpp"

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

std::string_view reason_phrase(unsigned status) {
  switch (status) {
    case 200: return "OK";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 411: return "Length Required";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 417: return "Expectation Failed";
    case 421: return "Misdirected Request";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 503: return "Service Unavailable";
    case 505: return "HTTP Version Not Supported";
    default: return "Error";
  }
}

namespace {

/// RFC 9110 5.6.7.
std::string http_date() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts)};
}

}  // namespace

std::string to_bytes(const answer& what, bool for_head, bool keeps_alive) {
  std::string out = fmt::format(
      "HTTP/1.1 {} {}\r\nServer: opslb\r\nDate: {}\r\nContent-Type: {}\r\nContent-Length: {}\r\nCache-Control: "
      "no-store\r\n"
      "X-Content-Type-Options: nosniff\r\nX-Frame-Options: DENY\r\nReferrer-Policy: no-referrer\r\n"
      "Content-Security-Policy: {}\r\n",
      what.status, reason_phrase(what.status), http_date(), what.type, what.body.size(), what.policy);
  if (!what.allow.empty()) out += fmt::format("Allow: {}\r\n", what.allow);
  if (what.status == 401) out += "WWW-Authenticate: Bearer realm=\"opslb\"\r\n";
  if (!keeps_alive) out += "Connection: close\r\n";
  out += "\r\n";
  if (!for_head) out += what.body;
  return out;
}

}  // namespace opslb::admin
