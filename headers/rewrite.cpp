#include "headers/rewrite.hpp"

#include <algorithm>

#include "headers/characters.hpp"
#include "headers/hop_by_hop.hpp"
#include "headers/line_writer.hpp"

namespace opslb::headers {
namespace {

using namespace std::string_view_literals;  // so that of two texts the size need not be counted once one is chosen

constexpr std::size_t longest_request_id = 128;

/// True for a field of the request that opslb writes itself, in its own place.
bool is_written_anew(const request_head& head, const request_facts& facts, field_id id) {
  switch (id) {
    case field_id::host:
    case field_id::content_length:
    case field_id::expect: return true;
    case field_id::max_forwards: return head.verb == method::options && facts.max_forwards >= 0;
    default: return false;
  }
}

void write_request_line(line_writer& out, const request_head& head, const request_facts& facts) {
  out.put(head.method_name, facts.target.prefix_slash ? " /"sv : " "sv, facts.target.origin, " HTTP/1.1\r\n");
}

void write_host(line_writer& out, const request_facts& facts, const identity& who) {
  out.line("Host", facts.host.text.empty() ? std::string_view(who.host_storage) : facts.host.text);
}

/// Writes lines of a message that was read. Those that stand side by side in it, in the form in which they would be written,
/// go in one piece: most of a head does.
class kept_lines {
 public:
  explicit kept_lines(line_writer& out) : out_(out) {}

  void add(const field& line) {
    if (!line.verbatim) {
      end();
      out_.line(line.name, line.value);
      return;
    }
    if (line.name.data() != end_) {
      end();
      begin_ = line.name.data();
    }
    end_ = line.value.data() + line.value.size() + 2;
  }
  /// To be called before anything else is written.
  void end() {
    if (begin_ != end_) out_.put(std::string_view(begin_, static_cast<std::size_t>(end_ - begin_)));
    begin_ = end_ = nullptr;
  }

 private:
  line_writer& out_;
  const char* begin_ = nullptr;
  const char* end_ = nullptr;
};

/// Everything that goes from end to end and tells nothing of who the client is.
void write_other_fields(line_writer& out, const request_head& head, const request_facts& facts,
                        const forwarding_rules& rules) {
  const auto connection = facts.nominates_fields ? read_connection(head.fields) : connection_options{};
  kept_lines kept(out);
  for (const auto& line : head.fields) {
    if (line.known.hop_by_hop || line.known.identity || is_written_anew(head, facts, line.known.id)) continue;
    if (is_spelling_of(line.name, rules.client_ip_header) || connection.nominates(line.name)) continue;
    kept.add(line);
  }
  kept.end();
}

void write_framing(line_writer& out, const request_facts& facts) {
  if (facts.body.kind == body_kind::chunked) {
    out.line("Transfer-Encoding", "chunked");
  } else if (facts.has_content_length) {
    out.line("Content-Length", decimal(facts.body.length));
  }
}

/// What holds for the connection to the backend, and for the way there.
void write_hop(line_writer& out, const request_head& head, const request_facts& facts) {
  const bool upgrades = !facts.upgrade.empty();
  if (upgrades || facts.accepts_trailers) {
    out.line("Connection", upgrades ? "Upgrade" : "", upgrades && facts.accepts_trailers ? ", " : "",
             facts.accepts_trailers ? "TE" : "");
  }
  if (upgrades) out.line("Upgrade", facts.upgrade);
  if (facts.accepts_trailers) out.line("TE", "trailers");
  if (head.verb == method::options && facts.max_forwards > 0) {
    out.line("Max-Forwards", decimal(static_cast<std::uint64_t>(facts.max_forwards - 1)));
  }
  if (facts.expects_continue) out.line("Expect", "100-continue");
}

/// RFC 9110 7.6.3: what came before is kept, in order, in one line, of which opslb's own part follows.
void begin_via(line_writer& out, const request_head& head) {
  out.put("Via: ");
  for (const auto& line : head.fields) {
    if (line.known.id == field_id::via && !line.value.empty()) out.put(line.value, ", ");
  }
}

/// The table of contract 3, in its order, and the empty line.
void write_identity_and_end(line_writer& out, const request_head& head, const identity& who,
                            const forwarding_rules& rules, std::string_view request_id) {
  out.line("X-Forwarded-For", who.client_text);
  constexpr std::string_view usual = "X-Forwarded-For";
  if (rules.client_ip_header != usual && !equals_ignoring_case(rules.client_ip_header, usual)) {
    out.line(rules.client_ip_header, who.client_text);
  }
  // Many lines in one call: a call counts its bytes and looks for room, whether they are many or few.
  out.put("X-Forwarded-Host: ", who.host, "\r\nX-Forwarded-Port: ", decimal(who.port),
          who.https ? "\r\nX-Forwarded-Proto: https"sv : "\r\nX-Forwarded-Proto: http"sv,
          "\r\nX-Forwarded-Server: ", rules.server_name,
          who.https ? "\r\nX-Proxied-Https: on\r\n"sv : "\r\nX-Proxied-Https: off\r\n"sv);
  begin_via(out, head);
  out.put(head.version == http_version::http_2 ? "2.0 "sv : "1.1 "sv, rules.server_name,
          "\r\nX-Request-Id: ", request_id, "\r\n\r\n");
}

/// True for a field of the response that the client gets as the backend sent it.
bool reaches_client(const field& line, const response_head& head, const response_facts& facts, const client_side& side,
                    const connection_options& connection) {
  switch (line.known.id) {
    case field_id::content_length:
      return facts.has_content_length && (side.body == body_kind::length || side.body == body_kind::none);
    case field_id::upgrade: return side.version != http_version::http_2 && (head.status == 101 || head.status == 426);
    case field_id::x_request_id: return false;
    default: break;
  }
  // RFC 8441 5: a WebSocket over HTTP/2 has no handshake key to be accepted.
  if (side.version == http_version::http_2 && head.status == 101 &&
      equals_ignoring_case(line.name, "Sec-WebSocket-Accept")) {
    return false;
  }
  return !line.known.hop_by_hop && !connection.nominates(line.name);
}

/// The value of Connection; empty: no line.
std::string_view client_connection(const response_head& head, const client_side& side) {
  if (head.status == 101) return "upgrade";
  if (head.status == 426) return side.keep_alive ? "upgrade" : "upgrade, close";
  if (!side.keep_alive) return "close";
  return side.announce_keep_alive ? "keep-alive" : "";
}

bool has_hsts(const response_head& head) {
  return std::any_of(head.fields.begin(), head.fields.end(),
                     [](const field& line) { return equals_ignoring_case(line.name, "Strict-Transport-Security"); });
}

/// Calls `keep(line)` for every line of the response that the client gets, in order, and then `emit(name, value)` for those
/// that opslb adds.
template <typename Keep, typename Emit>
void list_for_client(const response_head& head, const response_facts& facts, const client_side& side,
                     std::string_view request_id, Keep keep, Emit emit) {
  const auto connection = facts.nominates_fields ? read_connection(head.fields) : connection_options{};
  for (const auto& line : head.fields) {
    if (reaches_client(line, head, facts, side, connection)) keep(line);
  }
  // RFC 9113 8.2.2: HTTP/2 has neither transfer codings nor options of the connection.
  const bool is_http1 = side.version != http_version::http_2;
  if (is_http1 && side.body == body_kind::chunked) emit("Transfer-Encoding", "chunked");
  if (facts.interim) return;
  if (!side.hsts.empty() && !has_hsts(head)) emit("Strict-Transport-Security", side.hsts);
  emit("X-Request-Id", request_id);
  if (!is_http1) return;
  const auto option = client_connection(head, side);
  if (!option.empty()) emit("Connection", option);
}

/// The same for a trailer section.
template <typename Emit>
void list_trailers(const std::vector<field>& fields, std::string_view client_ip_header, Emit emit) {
  for (const auto& line : fields) {
    if (line.known.never_in_trailer || is_spelling_of(line.name, client_ip_header)) continue;
    emit(line.name, line.value);
  }
}

}  // namespace

std::string_view usable_request_id(const request_head& head) {
  std::string_view id;
  for (const auto& line : head.fields) {
    if (line.known.id != field_id::x_request_id) continue;
    if (!id.empty() || line.value.size() > longest_request_id || !all_of(token_character, line.value)) return {};
    id = line.value;
  }
  return id;
}

std::string_view to_backend(const request_head& head, const request_facts& facts, const identity& who,
                            const forwarding_rules& rules, std::string_view request_id, std::string& memory) {
  line_writer writer(memory);
  write_request_line(writer, head, facts);
  write_host(writer, facts, who);
  write_other_fields(writer, head, facts, rules);
  write_framing(writer, facts);
  write_hop(writer, head, facts);
  write_identity_and_end(writer, head, who, rules, request_id);
  return writer.text();
}

std::string_view to_client(const response_head& head, const response_facts& facts, const client_side& side,
                           std::string_view request_id, std::string& memory) {
  line_writer writer(memory);
  writer.put("HTTP/1.1 ", decimal(head.status), " ", head.reason, "\r\n");
  kept_lines kept(writer);
  list_for_client(
      head, facts, side, request_id, [&](const field& line) { kept.add(line); },
      [&](std::string_view name, std::string_view value) {
        kept.end();
        writer.line(name, value);
      });
  kept.end();
  writer.put("\r\n");
  return writer.text();
}

void to_http2_client(const response_head& head, const response_facts& facts, const client_side& side,
                     std::string_view request_id, std::vector<field>& out) {
  list_for_client(
      head, facts, side, request_id, [&](const field& line) { out.push_back({line.name, line.value, {}}); },
      [&](std::string_view name, std::string_view value) { out.push_back({name, value, {}}); });
}

std::string_view write_trailers(const std::vector<field>& fields, std::string& memory,
                                std::string_view client_ip_header) {
  line_writer writer(memory);
  list_trailers(fields, client_ip_header,
                [&](std::string_view name, std::string_view value) { writer.line(name, value); });
  writer.put("\r\n");
  return writer.text();
}

void trailers_to_http2_client(const std::vector<field>& fields, std::vector<field>& out) {
  list_trailers(fields, {}, [&](std::string_view name, std::string_view value) { out.push_back({name, value, {}}); });
}

}  // namespace opslb::headers
