#include "headers/field_lines.hpp"

#include "headers/head_parser.hpp"

namespace opslb::headers {
namespace {

/// Nearly every value stands behind one space and ends with its line.
bool is_as_usual(std::string_view value) {
  const auto is_visible = [](char c) { return static_cast<unsigned char>(c) > ' '; };
  return value.size() > 1 && value[0] == ' ' && is_visible(value[1]) && is_visible(value.back());
}

/// One `name: value CRLF`. A blank before the colon, an empty name and obs-fold all fail to be a token followed by a
/// colon; a bare CR or LF fails to be part of a value.
inline reading read_field_line(cursor& in, std::vector<field>& fields) {
  const char* const begin = in.at;
  in.at = skip_name(in.floor, in.at, in.end);
  if (in.starved()) return reading::starved;
  const std::string_view name = in.since(begin);
  if (*in.at != ':' || name.empty()) return reading::malformed;

  const char* const behind_colon = ++in.at;
  in.at = skip_value(in.floor, in.at, in.end);
  const std::string_view value = in.since(behind_colon);
  if (const reading result = in.line_end(); result != reading::done) return result;
  const bool usual = is_as_usual(value);
  fields.emplace_back(name, usual ? value.substr(1) : trimmed(value), classify(name), usual);
  return reading::done;
}

}  // namespace

reading read_field_lines(cursor& in, std::size_t max_count, std::vector<field>& fields) {
  std::size_t left = (max_count != 0 ? max_count : std::string_view::npos) - fields.size();
  for (cursor ahead = in;; in.at = ahead.at) {
    if (ahead.starved()) return reading::starved;
    if (*ahead.at == '\r') {
      const reading result = ahead.line_end();
      if (result == reading::done) in.at = ahead.at;
      return result;
    }
    if (left-- == 0) return reading::too_many;
    const reading result = read_field_line(ahead, fields);
    if (result != reading::done) return result;
  }
}

bool parse_field_lines(std::string_view bytes, std::vector<field>& fields) {
  cursor in(bytes);
  return read_field_lines(in, 0, fields) == reading::done && in.starved();
}

}  // namespace opslb::headers
