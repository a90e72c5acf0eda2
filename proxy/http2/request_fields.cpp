#include "proxy/http2/request_fields.hpp"

#include "headers/characters.hpp"

namespace opslb::http2 {
namespace {

using headers::equals_ignoring_case;
using headers::refusal;

constexpr refusal accepted{};
constexpr std::size_t longest_method = 32;

struct pseudo_headers {
  std::string_view method, scheme, path, authority, protocol;
};

/// Where a pseudo-header's value goes; null for one that no request has.
std::string_view* place_of(pseudo_headers& pseudo, std::string_view name) {
  if (name == ":method") return &pseudo.method;
  if (name == ":path") return &pseudo.path;
  if (name == ":scheme") return &pseudo.scheme;
  if (name == ":authority") return &pseudo.authority;
  if (name == ":protocol") return &pseudo.protocol;
  return nullptr;
}

/// RFC 9113 8.2.2: what tells something of an HTTP/1 connection has no meaning here, and would get one behind opslb.
bool belongs_to_http1(const headers::field& line) {
  if (line.known.id == headers::field_id::te) return !equals_ignoring_case(line.value, "trailers");
  return line.known.id == headers::field_id::connection || line.known.id == headers::field_id::keep_alive ||
         line.known.id == headers::field_id::transfer_encoding || line.known.id == headers::field_id::upgrade ||
         line.name == "proxy-connection";
}

void add(headers::request_head& head, std::string_view name, std::string_view value) {
  head.fields.push_back({name, value, headers::classify(name)});
}

/// All lines, with the cookies in one where the first of them was.
refusal read_lines(const field_block& block, joined_fields& joined, pseudo_headers& pseudo,
                   headers::request_head& head) {
  joined.cookie.clear();
  std::size_t cookies = 0;
  std::size_t cookie_at = 0;
  refusal why = accepted;
  block.for_each([&](const field_block::line& line) {
    if (line.name.starts_with(':')) {
      std::string_view* const place = place_of(pseudo, line.name);
      if (place == nullptr || !head.fields.empty()) {
        why = {400, "misplaced or unknown pseudo-header"};
      } else {
        *place = line.value;
      }
      return;
    }
    if (line.name == "cookie" && ++cookies > 1) {
      if (cookies == 2) joined.cookie = head.fields[cookie_at].value;
      joined.cookie.append("; ").append(line.value);
      return;
    }
    if (cookies == 1 && line.name == "cookie") cookie_at = head.fields.size();
    add(head, line.name, line.value);
    if (belongs_to_http1(head.fields.back())) why = {400, "field of an HTTP/1 connection"};
  });
  if (cookies > 1) head.fields[cookie_at].value = joined.cookie;
  return why;
}

/// RFC 9113 8.3.1: :authority is the request's host, and a Host beside it must not say anything else.
refusal settle_host(const pseudo_headers& pseudo, headers::request_head& head) {
  if (pseudo.authority.empty()) return accepted;
  bool found = false;
  for (headers::field& line : head.fields) {
    if (line.known.id != headers::field_id::host) continue;
    if (!equals_ignoring_case(line.value, pseudo.authority)) return {400, "Host differs from :authority"};
    line.value = pseudo.authority;
    found = true;
  }
  if (!found) add(head, "host", pseudo.authority);
  return accepted;
}

refusal settle_target(const pseudo_headers& pseudo, const headers::head_limits& limits, headers::request_head& head) {
  if (limits.target_bytes != 0 && pseudo.path.size() > limits.target_bytes) return {414, "request target too long"};
  if (!equals_ignoring_case(pseudo.scheme, "http") && !equals_ignoring_case(pseudo.scheme, "https")) {
    return {400, "scheme is neither http nor https"};
  }
  const bool is_asterisk = pseudo.path == "*" && head.verb == headers::method::options;
  if (!pseudo.path.starts_with('/') && !is_asterisk) return {400, "malformed :path"};
  return accepted;
}

/// RFC 8441 5: the request of a tunnel is the GET of an HTTP/1.1 upgrade.
refusal begin_upgrade(const pseudo_headers& pseudo, std::string (*make_key)(), joined_fields& joined,
                      headers::request_head& head) {
  head.method_name = "GET";
  head.verb = headers::method::get;
  const bool is_websocket = equals_ignoring_case(pseudo.protocol, "websocket");
  for (const headers::field& line : head.fields) {
    if (line.known.id == headers::field_id::content_length) return {400, "a tunnel with a Content-Length"};
  }
  add(head, "connection", "Upgrade");
  add(head, "upgrade", pseudo.protocol);
  if (!is_websocket) return accepted;
  std::erase_if(head.fields, [](const headers::field& line) { return line.name == "sec-websocket-key"; });
  joined.websocket_key = make_key();
  add(head, "sec-websocket-key", joined.websocket_key);
  return accepted;
}

}  // namespace

refusal to_request_head(const field_block& block, const headers::head_limits& limits, std::string (*make_key)(),
                        joined_fields& joined, headers::request_head& head) {
  head.version = headers::http_version::http_2;
  pseudo_headers pseudo;
  refusal why = read_lines(block, joined, pseudo, head);
  head.method_name = pseudo.method;
  head.verb = headers::to_method(pseudo.method);
  head.target = pseudo.path;
  if (block.overflows()) {
    // A target that is too long by itself is told apart, as it is in HTTP/1.
    const bool by_target =
        block.overflows_by_target() || (limits.target_bytes != 0 && pseudo.path.size() > limits.target_bytes);
    return by_target ? refusal{414, "request target too long"} : refusal{431, "header too large"};
  }
  if (why.status != 0) return why;
  if (pseudo.method.empty() || pseudo.method.size() > longest_method) return {400, "malformed :method"};
  if (head.verb == headers::method::connect && pseudo.protocol.empty()) {
    head.target = pseudo.authority;
    return settle_host(pseudo, head);
  }
  why = settle_target(pseudo, limits, head);
  if (why.status == 0) why = settle_host(pseudo, head);
  if (why.status == 0 && !pseudo.protocol.empty()) why = begin_upgrade(pseudo, make_key, joined, head);
  return why;
}

void to_trailers(const field_block& block, std::vector<headers::field>& out) {
  out.clear();
  block.for_each(
      [&](const field_block::line& line) { out.push_back({line.name, line.value, headers::classify(line.name)}); });
}

}  // namespace opslb::http2
