// Request heads of any bytes. What opslb makes of them must not depend on how they were cut; what it accepts, Beast must
// read the same way; and what it then writes for the backend must again be one unambiguous head, with one of each identity
// line and the same body behind it.
#include <algorithm>
#include <cstdint>

#include "beast_reading.hpp"
#include "headers/head_parser.hpp"
#include "headers/hop_by_hop.hpp"
#include "headers/rewrite.hpp"

using namespace opslb::headers;
using opslb::fuzz::beast_reading;
using opslb::fuzz::demand;

namespace {

constexpr head_limits limits{.head_bytes = 2048, .target_bytes = 256, .header_count = 32};

bool same(const field& a, const field& b) { return a.name == b.name && a.value == b.value; }

void cut_makes_no_difference(std::string_view bytes, const parse_result& whole, const request_head& expected) {
  request_head head;
  parse_result result;
  for (std::size_t size = 0; size <= bytes.size() && result.state == parse_state::incomplete; ++size) {
    const std::string elsewhere(bytes.substr(0, size));
    result = parse_request_head(elsewhere, result.scanned, limits, head);
    demand(result.state != parse_state::incomplete || result.scanned <= size);
    if (result.state != parse_state::complete) continue;
    demand(head.method_name == expected.method_name && head.target == expected.target);
    demand(std::equal(head.fields.begin(), head.fields.end(), expected.fields.begin(), expected.fields.end(), same));
  }
  demand(result.state == whole.state && result.head_size == whole.head_size);
  demand(result.why.status == whole.why.status && result.why.reason == whole.why.reason);
}

void beast_agrees(std::string_view bytes, const request_head& head, const request_facts& facts) {
  if (opslb::fuzz::is_misread_by_beast(head.fields)) return;
  bytes.remove_prefix(static_cast<std::size_t>(head.method_name.data() - bytes.data()));  // empty lines
  const beast_reading<true> beast(bytes);
  beast.has_fields(head.fields);
  beast.is_framed_by(facts.body);
  demand(beast.method == head.method_name && beast.target == head.target);
  demand(beast.version == (head.version == http_version::http_1_1 ? 11 : 10));
  // RFC 9112 9.3: close comes first, in every version. Beast does not look for it in HTTP/1.0.
  const bool beast_misses_close = head.version == http_version::http_1_0 && read_connection(head.fields).close;
  demand(beast.keep_alive() == facts.keep_alive || beast_misses_close);
}

std::size_t count(const request_head& head, std::string_view name) {
  return static_cast<std::size_t>(std::count_if(head.fields.begin(), head.fields.end(),
                                                [name](const field& line) { return is_spelling_of(line.name, name); }));
}

void backend_sees_one_message(const request_head& head, const request_facts& facts) {
  const peer from{.client = {*ip_address::parse("192.0.2.1"), 1},
                  .client_text = "192.0.2.1",
                  .local = {*ip_address::parse("192.0.2.2"), 80}};
  forwarding_rules rules;
  rules.client_ip_header = "X-Ops-Client";
  rules.server_name = "lb";
  identity who;
  identify(head, facts, from, rules, who);
  std::string memory;
  const std::string_view out = to_backend(head, facts, who, rules, "id", memory);

  request_head again;
  const auto parsed = parse_request_head(out, 0, {}, again);
  demand(parsed.state == parse_state::complete && parsed.head_size == out.size());
  for (const auto* const name : {"Host", "X-Forwarded-For", "X-Ops-Client", "X-Forwarded-Host", "X-Forwarded-Port",
                                 "X-Forwarded-Proto", "X-Forwarded-Server", "X-Proxied-Https", "Via", "X-Request-Id"}) {
    demand(count(again, name) == 1);
  }
  for (const auto* const name : {"Forwarded", "X-Real-IP", "Proxy", "Proxy-ssl-id", "Keep-Alive", "Proxy-Connection"}) {
    demand(count(again, name) == 0);
  }
  for (const auto& line : again.fields) {
    if (line.known.id == field_id::x_forwarded_for) demand(line.value == "192.0.2.1");
  }
  request_facts seen;
  demand(check_request(again, "another", seen).status == 0);
  demand(seen.body.kind == facts.body.kind && seen.body.length == facts.body.length);
  demand(seen.has_content_length == facts.has_content_length);
  demand(seen.target.form == target_form::origin || seen.target.form == target_form::asterisk);
  demand(seen.keep_alive);
  beast_agrees(out, again, seen);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  request_head head;
  const auto parsed = parse_request_head(bytes, 0, limits, head);
  cut_makes_no_difference(bytes, parsed, head);
  if (parsed.state != parse_state::complete) return 0;

  demand(parsed.head_size <= std::min(size, limits.head_bytes));
  request_facts facts;
  const auto refused = check_request(head, "lb", facts);
  demand((refused.status == 0) == refused.reason.empty());
  if (refused.status != 0) return 0;
  beast_agrees(bytes.substr(0, parsed.head_size), head, facts);
  backend_sees_one_message(head, facts);
  return 0;
}
