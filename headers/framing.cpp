#include "headers/framing.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

#include "headers/body_length.hpp"
#include "headers/characters.hpp"
#include "headers/hop_by_hop.hpp"
#include "headers/list.hpp"
#include "headers/via.hpp"

namespace opslb::headers {
namespace {

constexpr refusal accepted{};

body_framing framed_by(const body_length& length) {
  if (length.transfer == coding::chunked) return {.kind = body_kind::chunked};
  if (length.content_length != 0) return {.kind = body_kind::length, .length = length.content_length};
  return {};
}

/// RFC 9112 9.3, for a connection that could last.
bool keeps_alive(http_version version, const connection_options& connection) {
  if (connection.close) return false;
  return version != http_version::http_1_0 || connection.keep_alive;
}

/// HTTP itself, in any version or under TLS (RFC 2817): a backend that took one of these up would talk to the client in a
/// tunnel around every rule here. opslb speaks HTTP/2 with prior knowledge only.
bool is_http_again(std::string_view name) {
  return equals_ignoring_case(name, "h2c") || equals_ignoring_case(name, "h2") || equals_ignoring_case(name, "http") ||
         equals_ignoring_case(name, "tls");
}

/// `protocols` if it is a list of name[/version] (RFC 9110 7.8) with no HTTP among them, else empty.
std::string_view usable_upgrade(std::string_view protocols) {
  bool any = false;
  const bool usable = for_each_element(protocols, [&any](std::string_view protocol) {
    any = true;
    const auto slash = std::min(protocol.find('/'), protocol.size());
    const auto name = protocol.substr(0, slash);
    const bool has_version = slash == protocol.size() || all_of(token_character, protocol.substr(slash + 1));
    return all_of(token_character, name) && has_version && !is_http_again(name);
  });
  return any && usable ? protocols : std::string_view{};
}

bool parse_max_forwards(std::string_view text, int& forwards) {
  if (!all_of(digit, text)) return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), forwards);
  if (error == std::errc::result_out_of_range) forwards = std::numeric_limits<int>::max();
  return true;
}

/// The lines of one name: how many, and the last one's value.
struct occurrences {
  unsigned count = 0;
  std::string_view value;

  void add(const field& line) {
    ++count;
    value = line.value;
  }
};

/// Which of the known fields a head has: most have few, and need not be searched for the others.
class id_set {
 public:
  void add(field_id id) { bits_ |= bit(id); }
  bool has(field_id id) const { return (bits_ & bit(id)) != 0; }
  bool has_framing() const { return has(field_id::content_length) || has(field_id::transfer_encoding); }

 private:
  static std::uint32_t bit(field_id id) { return std::uint32_t{1} << static_cast<unsigned>(id); }
  std::uint32_t bits_ = 0;
};

/// The first one's.
std::string_view value_of(const std::vector<field>& lines, field_id id) {
  const auto found = std::find_if(lines.begin(), lines.end(), [id](const field& line) { return line.known.id == id; });
  return found == lines.end() ? std::string_view() : found->value;
}

/// What the field lines of a request hold beside framing and Connection.
struct request_lines {
  id_set seen;
  occurrences host, upgrade, max_forwards;
  bool strange_expect = false;
  bool seen_before = false;
};

request_lines read_lines(const request_head& head, std::string_view server_name, request_facts& facts) {
  request_lines lines;
  for (const auto& line : head.fields) {
    lines.seen.add(line.known.id);
    switch (line.known.id) {
      case field_id::host: lines.host.add(line); break;
      case field_id::upgrade: lines.upgrade.add(line); break;
      case field_id::max_forwards: lines.max_forwards.add(line); break;
      case field_id::expect:
        facts.expects_continue = equals_ignoring_case(line.value, "100-continue");
        lines.strange_expect |= !facts.expects_continue;
        break;
      case field_id::te:
        facts.accepts_trailers |= !for_each_element(
            line.value, [](std::string_view element) { return !equals_ignoring_case(element, "trailers"); });
        break;
      case field_id::via: lines.seen_before |= via_names(line.value, server_name); break;
      case field_id::user_agent: facts.noted.user_agent = line.value; break;
      case field_id::referer: facts.noted.referer = line.value; break;
      case field_id::traceparent: facts.noted.traceparent = line.value; break;
      case field_id::accept: facts.noted.accept = true; break;
      case field_id::x_request_id: facts.noted.request_id = true; break;
      default: facts.noted.identity |= line.known.identity;
    }
  }
  return lines;
}

/// RFC 9112 3.2: one Host in HTTP/1.1, also beside the absolute form, which then decides.
refusal check_host(const request_head& head, const request_lines& lines, request_facts& facts) {
  if (lines.host.count > 1) return {400, "repeated Host"};
  if (lines.host.count == 1 && !parse_authority(lines.host.value, facts.host)) return {400, "malformed Host"};
  if (lines.host.count == 0 && head.version != http_version::http_1_0) return {400, "no Host"};
  if (facts.target.form == target_form::absolute) facts.host = facts.target.from_target;
  return accepted;
}

}  // namespace

refusal check_request(const request_head& head, std::string_view server_name, request_facts& facts) {
  facts = {};
  const auto lines = read_lines(head, server_name, facts);
  if (head.verb == method::connect || head.verb == method::trace) {
    // Good or bad, the target says in which form the refusal is to be written.
    parse_target(head.target, false, head.verb == method::connect, facts.target);
    return {405, "method not allowed"};
  }
  if (!parse_target(head.target, head.verb == method::options, false, facts.target)) {
    return {400, "malformed request target"};
  }
  if (const auto refused = check_host(head, lines, facts); refused.status != 0) return refused;

  const auto length = lines.seen.has_framing() ? read_body_length(head.fields, head.version) : body_length{};
  if (!length.fault.empty()) return {400, length.fault};
  if (length.transfer == coding::unsupported) return {501, "transfer coding not supported"};
  facts.body = framed_by(length);
  facts.has_content_length = length.has_content_length;

  const auto connection = lines.seen.has(field_id::connection) ? read_connection(head.fields) : connection_options{};
  if (!connection.well_formed) return {400, "malformed Connection"};
  facts.keep_alive = keeps_alive(head.version, connection);
  facts.nominates_fields = connection.nominations != 0;

  if (head.verb == method::options && lines.max_forwards.count != 0) {
    if (lines.max_forwards.count > 1 || !parse_max_forwards(lines.max_forwards.value, facts.max_forwards)) {
      return {400, "malformed Max-Forwards"};
    }
  }
  if (lines.seen_before) return {508, "loop detected"};
  if (head.version == http_version::http_1_0) {
    facts.expects_continue = false;  // RFC 9110 10.1.1: to be ignored
    facts.accepts_trailers = false;
    return accepted;
  }
  if (lines.strange_expect) return {417, "expectation not supported"};
  if (connection.upgrade && lines.upgrade.count == 1 && facts.body.kind == body_kind::none) {
    facts.upgrade = usable_upgrade(lines.upgrade.value);
    facts.upgrade_required = head.version == http_version::http_2;
    if (facts.upgrade_required && facts.upgrade.empty()) return {501, "protocol not supported"};
  }
  return accepted;
}

upgrade_wish wish_of(const request_facts& facts) {
  if (facts.upgrade.empty()) return upgrade_wish::none;
  return facts.upgrade_required ? upgrade_wish::required : upgrade_wish::offered;
}

refusal check_response(const response_head& head, method request_method, upgrade_wish wish, response_facts& facts) {
  facts = {};
  id_set seen;
  for (const auto& line : head.fields) seen.add(line.known.id);
  const auto length = seen.has_framing() ? read_body_length(head.fields, head.version) : body_length{};
  if (!length.fault.empty()) return {502, length.fault};
  if (length.transfer == coding::unsupported) return {502, "transfer coding not supported"};
  const auto connection = seen.has(field_id::connection) ? read_connection(head.fields) : connection_options{};
  if (!connection.well_formed) return {502, "malformed Connection"};
  facts.nominates_fields = connection.nominations != 0;
  if (seen.has(field_id::x_mongodb_service_version)) {
    facts.service_version = value_of(head.fields, field_id::x_mongodb_service_version);
  }

  const bool informational = head.status < 200;
  facts.switches_protocols = head.status == 101;
  facts.interim = informational && !facts.switches_protocols;
  if (facts.switches_protocols && wish == upgrade_wish::none) return {502, "switched protocols unasked"};
  if (wish == upgrade_wish::required && head.status >= 200 && head.status < 300) {
    return {502, "did not switch protocols"};
  }
  if (informational || head.status == 204) {
    // RFC 9110 8.6, RFC 9112 6.1: a server must not send these here; a peer that framed by them would see a body.
    if (length.transfer != coding::absent || length.content_length != 0) {
      return {502, "a body where the status allows none"};
    }
  } else {
    facts.has_content_length = length.has_content_length;
    facts.content_length = length.content_length;
  }

  const bool never_has_body =
      informational || head.status == 204 || head.status == 304 || request_method == method::head;
  if (!never_has_body) {
    facts.body = framed_by(length);
    if (length.transfer == coding::absent && !length.has_content_length) facts.body.kind = body_kind::until_close;
  }
  facts.keep_alive = facts.body.kind != body_kind::until_close && keeps_alive(head.version, connection);
  return accepted;
}

}  // namespace opslb::headers
