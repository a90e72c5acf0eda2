#include "proxy/reply.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "headers/characters.hpp"
#include "headers/list.hpp"
#include "headers/target.hpp"
#include "proxy/reason_phrase.hpp"
#include "proxy/utc_time.hpp"

namespace opslb {
namespace {

std::string escape_html(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default: out.push_back(c);
    }
  }
  return out;
}

}  // namespace

std::string answer_body(const own_answer& what, std::string_view request_id, bool as_html) {
  if (!as_html) {
    const nlohmann::ordered_json body{
        {"error", what.status}, {"reason", reason_phrase(what.status)}, {"detail", what.detail}};
    return body.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace) + "\n";
  }
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{0} {1}</title>\n"
      "<style>body{{font:1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:4rem auto;padding:0 1rem;"
      "color-scheme:light dark}}</style></head>\n"
      "<body><h1>{0} {1}</h1><p>{2}</p><p><small>opslb, request {3}</small></p></body></html>\n",
      what.status, reason_phrase(what.status), escape_html(what.detail), escape_html(request_id));
}

/// RFC 9110 12.5.1: "text/html" in any case, unless its weight is zero.
bool accepts_html(std::string_view accept) {
  return !headers::for_each_element(accept, [](std::string_view range) {
    if (!headers::equals_ignoring_case(headers::trimmed(range.substr(0, range.find(';'))), "text/html")) return true;
    const auto weight = range.find("q=");
    return weight != std::string_view::npos && range.find_first_not_of("0.", weight + 2) == std::string_view::npos;
  });
}

bool wants_html(const headers::request_head& head, std::string_view origin) {
  const bool asks = std::any_of(head.fields.begin(), head.fields.end(), [](const headers::field& line) {
    return line.known.id == headers::field_id::accept && accepts_html(line.value);
  });
  if (!asks || origin.empty()) return asks;
  const headers::plain_path path(origin);
  return !path.is_under("/api/") && !path.is_under("/agents/");
}

task<reply_result> reply(lane& at, exchange& client, const own_answer& what, std::string_view request_id,
                         milliseconds idle) {
  idle_clock clock(
      at.parts.wheel, idle, [](void* who) { static_cast<exchange*>(who)->interrupt(io_error::timed_out); }, &client);
  client.set_idle_clock(&clock);

  const bool options_answer = what.status == 200;
  const std::string body = options_answer ? std::string() : answer_body(what, request_id, what.as_html);
  const std::string date = http_date(std::chrono::system_clock::now());
  const std::string length = std::to_string(body.size());

  recycled<headers::response_head> head(at.response_heads);
  head->status = what.status;
  head->reason = reason_phrase(what.status);
  head->fields.clear();
  const auto add = [&](std::string_view name, std::string_view value) {
    head->fields.push_back({name, value, headers::classify(name)});
  };
  add("Server", "opslb");
  add("Date", date);
  add("Cache-Control", "no-store");
  if (!body.empty()) add("Content-Type", what.as_html ? "text/html; charset=utf-8" : "application/json");
  add("Content-Length", length);
  if (what.status == 405 || options_answer) add("Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
  if (what.retry_after) add("Retry-After", "5");
  if (!what.location.empty()) add("Location", what.location);

  headers::response_facts facts;
  facts.has_content_length = true;
  facts.content_length = body.size();
  facts.keep_alive = true;
  const bool has_body = client.head().verb != headers::method::head && !body.empty();
  if (has_body) facts.body = {headers::body_kind::length, body.size()};

  const bool ends = what.ends_connection || !client.request_body().is_done();
  client.begin_response(*head, facts, request_id, ends);
  io_error error = io_error::none;
  if (has_body) error = co_await client.response().write(body);
  if (error == io_error::none) error = co_await client.response().finish({});
  client.set_idle_clock(nullptr);
  ++at.counts.own_answers[what.status];
  co_return reply_result{error == io_error::none, has_body ? body.size() : 0};
}

}  // namespace opslb
