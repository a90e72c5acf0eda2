// Response heads of any bytes: the same demands as on requests, towards the client. The first byte chooses what was asked.
#include <algorithm>
#include <cstdint>

#include "beast_reading.hpp"
#include "headers/head_parser.hpp"
#include "headers/rewrite.hpp"

using namespace opslb::headers;
using opslb::fuzz::beast_reading;
using opslb::fuzz::demand;

namespace {

constexpr head_limits limits{.head_bytes = 2048, .target_bytes = 256, .header_count = 32};

void cut_makes_no_difference(std::string_view bytes, const parse_result& whole, const response_head& expected) {
  response_head head;
  parse_result result;
  for (std::size_t size = 0; size <= bytes.size() && result.state == parse_state::incomplete; ++size) {
    const std::string elsewhere(bytes.substr(0, size));
    result = parse_response_head(elsewhere, result.scanned, limits, head);
    if (result.state != parse_state::complete) continue;
    demand(head.status == expected.status && head.reason == expected.reason);
    demand(head.fields.size() == expected.fields.size());
  }
  demand(result.state == whole.state && result.head_size == whole.head_size);
  demand(result.why.status == whole.why.status && result.why.reason == whole.why.reason);
}

void beast_agrees(std::string_view bytes, const response_head& head, const response_facts& facts) {
  // Beast wants the SP behind the status even where there is no reason (RFC 9112 4); some servers leave it out.
  if (bytes[std::string_view("HTTP/1.1 200").size()] == '\r' || opslb::fuzz::is_misread_by_beast(head.fields)) return;
  const beast_reading<false> beast(bytes);
  beast.has_fields(head.fields);
  demand(beast.status == static_cast<int>(head.status) && beast.reason == head.reason);
  demand(beast.version == (head.version == http_version::http_1_1 ? 11 : 10));
  if (facts.body.kind == body_kind::none) return;  // Beast does not know whether HEAD was asked
  beast.is_framed_by(facts.body);
  demand(beast.need_eof() == (facts.body.kind == body_kind::until_close));
  demand(beast.keep_alive() == facts.keep_alive);
}

void client_sees_one_message(const response_head& head, const response_facts& facts, method asked) {
  auto body = facts.body.kind;
  if (body == body_kind::until_close) body = body_kind::chunked;  // as towards an HTTP/1.1 client
  std::string memory;
  const std::string_view out = to_client(head, facts, {.body = body}, "id", memory);

  response_head again;
  const auto parsed = parse_response_head(out, 0, {}, again);
  demand(parsed.state == parse_state::complete && parsed.head_size == out.size());
  demand(again.status == head.status && again.reason == head.reason);
  response_facts seen;
  demand(check_response(again, asked, upgrade_wish::offered, seen).status == 0);
  demand(seen.body.kind == body && seen.body.length == facts.body.length);
  demand(seen.has_content_length == (facts.has_content_length && body != body_kind::chunked));
  demand(seen.keep_alive);
  beast_agrees(out, again, seen);
  const auto ids = std::count_if(again.fields.begin(), again.fields.end(),
                                 [](const field& line) { return line.known.id == field_id::x_request_id; });
  demand(ids == (facts.interim ? 0 : 1));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto asked = (data[0] & 1) != 0 ? method::head : method::get;
  const auto upgrade_asked = (data[0] & 2) != 0 ? upgrade_wish::offered : upgrade_wish::none;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);

  response_head head;
  const auto parsed = parse_response_head(bytes, 0, limits, head);
  cut_makes_no_difference(bytes, parsed, head);
  demand(parsed.state != parse_state::refused || parsed.why.status == 502);
  if (parsed.state != parse_state::complete) return 0;

  response_facts facts;
  const auto refused = check_response(head, asked, upgrade_asked, facts);
  demand(refused.status == 0 || refused.status == 502);
  if (refused.status != 0) return 0;
  beast_agrees(bytes.substr(0, parsed.head_size), head, facts);
  client_sees_one_message(head, facts, asked);
  return 0;
}
