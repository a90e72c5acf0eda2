#include "headers/field_lines.hpp"

#include "headers/head_parser.hpp"

namespace opslb::headers {
namespace {

/// One `name: value CRLF`. A blank before the colon, an empty name and obs-fold all fail to be a token followed by a
/// colon; a bare CR or LF fails to be part of a value.
reading read_field_line(cursor& in, field& line) {
  const char* const name = in.at;
  in.at = skip_name(in.floor, in.at, in.end);
  if (in.starved()) return reading::starved;
  line.name = in.since(name);
  if (*in.at != ':' || line.name.empty()) return reading::malformed;

  const char* const value = ++in.at;
  in.at = skip_value(in.floor, in.at, in.end);
  const char* const end = in.at;
  line.value = trimmed(in.since(value));
  line.verbatim = line.value.data() == value + 1 && *value == ' ' && line.value.data() + line.value.size() == end;
  return in.line_end();
}

}  // namespace

reading read_field_lines(cursor& in, std::size_t max_count, std::vector<field>& fields) {
  for (std::size_t count = fields.size();; ++count) {
    const char* const line_begin = in.at;
    if (in.starved()) return reading::starved;
    reading result;
    if (*in.at == '\r') {
      result = in.line_end();
      if (result == reading::done) return result;
    } else if (max_count != 0 && count >= max_count) {
      return reading::too_many;
    } else {
      field& line = fields.emplace_back();
      result = read_field_line(in, line);
      line.known = classify(line.name);
    }
    if (result != reading::done) {
      fields.resize(count);
      if (result == reading::starved) in.at = line_begin;
      return result;
    }
  }
}

bool parse_field_lines(std::string_view bytes, std::vector<field>& fields) {
  cursor in(bytes);
  return read_field_lines(in, 0, fields) == reading::done && in.starved();
}

}  // namespace opslb::headers
