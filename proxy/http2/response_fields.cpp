#include "proxy/http2/response_fields.hpp"

#include "headers/line_writer.hpp"
#include "headers/rewrite.hpp"

namespace opslb::http2 {
namespace {

void append(const std::vector<headers::field>& lines, field_block& out) {
  for (const headers::field& line : lines) out.add(line.name, line.value);
}

}  // namespace

void to_response_fields(const headers::response_head& head, const headers::response_facts& facts,
                        std::string_view request_id, std::string_view hsts, field_block& out) {
  thread_local std::vector<headers::field> lines;
  lines.clear();
  headers::client_side side;
  side.version = headers::http_version::http_2;
  side.body = facts.body.kind;
  side.hsts = hsts;
  headers::to_http2_client(head, facts, side, request_id, lines);
  out.add(":status", headers::decimal(head.status == 101 ? 200 : head.status));
  append(lines, out);
}

void to_response_trailers(const std::vector<headers::field>& trailers, field_block& out) {
  out.clear();
  std::vector<headers::field> lines;
  headers::trailers_to_http2_client(trailers, lines);
  append(lines, out);
}

}  // namespace opslb::http2
