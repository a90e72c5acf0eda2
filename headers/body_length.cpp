#include "headers/body_length.hpp"

#include <charconv>
#include <limits>

#include "headers/characters.hpp"

namespace opslb::headers {
namespace {

bool parse_content_length(std::string_view text, std::uint64_t& length) {
  if (!all_of(digit, text)) return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  return error == std::errc() && length <= std::uint64_t{std::numeric_limits<std::int64_t>::max()};
}

/// transfer-coding = token *( OWS ";" OWS token "=" token ) (RFC 9112 7). A quoted parameter value would be right too, but no
/// coding has one.
bool is_transfer_coding(std::string_view text) {
  const auto semicolon = text.find(';');
  if (!all_of(token_character, trimmed(text.substr(0, semicolon)))) return false;
  if (semicolon == std::string_view::npos) return true;
  auto parameters = text.substr(semicolon + 1);
  while (true) {
    const auto parameter = trimmed(parameters.substr(0, parameters.find(';')));
    const auto equals = parameter.find('=');
    if (equals == std::string_view::npos || !all_of(token_character, parameter.substr(0, equals)) ||
        !all_of(token_character, parameter.substr(equals + 1))) {
      return false;
    }
    const auto next = parameters.find(';');
    if (next == std::string_view::npos) return true;
    parameters.remove_prefix(next + 1);
  }
}

coding parse_transfer_encoding(std::string_view value) {
  if (equals_ignoring_case(value, "chunked")) return coding::chunked;
  const auto comma = value.rfind(',');
  if (comma == std::string_view::npos || !equals_ignoring_case(trimmed(value.substr(comma + 1)), "chunked")) {
    return coding::malformed;
  }
  auto others = value.substr(0, comma);
  while (true) {
    const auto next = others.find(',');
    const auto other = trimmed(others.substr(0, next));
    // RFC 9112 6.1: chunked is applied once, at the end.
    if (!is_transfer_coding(other) || equals_ignoring_case(trimmed(other.substr(0, other.find(';'))), "chunked")) {
      return coding::malformed;
    }
    if (next == std::string_view::npos) return coding::unsupported;
    others.remove_prefix(next + 1);
  }
}

}  // namespace

body_length read_body_length(const std::vector<field>& fields, http_version version) {
  body_length result;
  for (const auto& line : fields) {
    if (line.known.id == field_id::content_length) {
      if (result.has_content_length) return {.fault = "repeated Content-Length"};
      result.has_content_length = true;
      if (!parse_content_length(line.value, result.content_length)) return {.fault = "malformed Content-Length"};
    } else if (line.known.id == field_id::transfer_encoding) {
      if (result.transfer != coding::absent) return {.fault = "repeated Transfer-Encoding"};
      result.transfer = parse_transfer_encoding(line.value);
    }
  }
  if (result.transfer == coding::absent) return result;
  // RFC 9112 6.3: both present, treat as an attack; 6.1: nobody who speaks 1.0 is to be trusted with chunks.
  if (result.has_content_length) return {.fault = "Transfer-Encoding beside Content-Length"};
  if (version != http_version::http_1_1) return {.fault = "Transfer-Encoding in a version that has none"};
  if (result.transfer == coding::malformed) return {.fault = "malformed Transfer-Encoding"};
  return result;
}

}  // namespace opslb::headers
