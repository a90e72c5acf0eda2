#include "headers/head_parser.hpp"

#include <algorithm>
#include <cstring>

#include "headers/field_lines.hpp"

namespace opslb::headers {
namespace {

constexpr std::size_t longest_method = 32;

constexpr refusal malformed_start = {400, "malformed request line"};
constexpr refusal malformed_field = {400, "malformed header field"};
constexpr refusal malformed_status = {502, "malformed status line"};

/// A start line's outcome: `why` where it is malformed.
struct start_line {
  reading outcome = reading::done;
  refusal why;
};

/// `HTTP/` digit `.` digit; the digits with their dot.
reading read_version(cursor& in, std::string_view& digits) {
  constexpr std::string_view usual = "HTTP/1.1";
  if (static_cast<std::size_t>(in.end - in.at) >= usual.size() && std::memcmp(in.at, usual.data(), usual.size()) == 0) {
    digits = usual.substr(5);
    in.at += usual.size();
    return reading::done;
  }
  if (const auto result = in.expect("HTTP/"); result != reading::done) return result;
  const char* const begin = in.at;
  for (const bool is_dot : {false, true, false}) {
    if (in.starved()) return reading::starved;
    if (is_dot ? *in.at != '.' : !is(digit, *in.at)) return reading::malformed;
    ++in.at;
  }
  digits = in.since(begin);
  return reading::done;
}

bool to_version(std::string_view digits, http_version& version) {
  if (digits == "1.1") {
    version = http_version::http_1_1;
  } else if (digits == "1.0") {
    version = http_version::http_1_0;
  } else {
    return false;
  }
  return true;
}

/// A run of one class that is not empty, of at most `max` bytes, and the SP behind it. `skip_word` finds its end.
template <typename Skip>
reading read_word(cursor& in, character_class which, Skip skip_word, std::size_t max, std::string_view& word,
                  bool& too_long) {
  const auto room = std::min(max, static_cast<std::size_t>(in.end - in.at));
  const char* const begin = in.at;
  in.at = skip_word(in.floor, begin, begin + room);
  word = in.since(begin);
  if (in.starved()) return reading::starved;
  too_long = word.size() == max && is(which, *in.at);
  return word.empty() || too_long ? reading::malformed : in.expect(" ");
}

/// method SP request-target SP HTTP-version CRLF (RFC 9112 3).
start_line read_request_line(cursor& in, const head_limits& limits, request_head& head) {
  bool too_long = false;
  if (const auto result = read_word(in, token_character, skip_name, longest_method, head.method_name, too_long);
      result != reading::done) {
    return {result, malformed_start};
  }
  head.verb = to_method(head.method_name);
  const auto target_max = limits.target_bytes != 0 ? limits.target_bytes : std::string_view::npos;
  if (const auto result = read_word(in, target_character, skip_target, target_max, head.target, too_long);
      result != reading::done) {
    return {result, too_long ? refusal{414, "request target too long"} : malformed_start};
  }
  std::string_view digits;
  if (const auto result = read_version(in, digits); result != reading::done) return {result, malformed_start};
  if (const auto result = in.line_end(); result != reading::done) return {result, malformed_start};
  if (!to_version(digits, head.version)) return {reading::malformed, {505, "HTTP version not supported"}};
  return {};
}

/// HTTP-version SP status-code [SP reason] CRLF (RFC 9112 4). Some servers leave the last SP out with the reason.
start_line read_status_line(cursor& in, response_head& head) {
  std::string_view digits;
  if (const auto result = read_version(in, digits); result != reading::done) return {result, malformed_status};
  if (!to_version(digits, head.version)) return {reading::malformed, {502, "HTTP version of the answer not supported"}};
  if (const auto result = in.expect(" "); result != reading::done) return {result, malformed_status};

  head.status = 0;
  for (int i = 0; i < 3; ++i) {
    if (in.starved()) return {reading::starved, {}};
    if (!is(digit, *in.at)) return {reading::malformed, malformed_status};
    head.status = head.status * 10 + static_cast<unsigned>(*in.at++ - '0');
  }
  if (head.status < 100 || head.status > 599) return {reading::malformed, {502, "status out of range"}};

  if (in.starved()) return {reading::starved, {}};
  head.reason = {in.at, 0};
  if (*in.at == ' ') {
    const char* const begin = ++in.at;
    in.at = skip_value(in.floor, in.at, in.end);
    head.reason = in.since(begin);
  }
  return {in.line_end(), malformed_status};
}

start_line read_start_line(cursor& in, const head_limits& limits, request_head& head) {
  while (!in.starved() && *in.at == '\r') {
    if (const auto result = in.line_end(); result != reading::done) return {result, malformed_start};
  }
  return read_request_line(in, limits, head);
}

start_line read_start_line(cursor& in, const head_limits&, response_head& head) { return read_status_line(in, head); }

parse_result refused(unsigned status, std::string_view reason) {
  return {.state = parse_state::refused, .why = {status, reason}};
}

/// `scanned` is where the first line begins that was not whole last time; 0 while that is the start line.
template <typename Head>
parse_result parse_head(std::string_view bytes, std::size_t scanned, const head_limits& limits, Head& head) {
  // What stands behind the bound is never looked at, so it makes no difference whether it is there already.
  const auto within = limits.head_bytes != 0 ? bytes.substr(0, limits.head_bytes) : bytes;
  cursor in(within, scanned);

  start_line start;
  if (scanned == 0) {
    head.fields.clear();
    start = read_start_line(in, limits, head);
    if (start.outcome == reading::malformed) return refused(start.why.status, start.why.reason);
    if (start.outcome == reading::done) scanned = static_cast<std::size_t>(in.at - within.data());
  }
  auto outcome = start.outcome;
  if (outcome == reading::done) {
    outcome = read_field_lines(in, limits.header_count, head.fields);
    if (outcome == reading::starved) scanned = static_cast<std::size_t>(in.at - within.data());
  }
  switch (outcome) {
    case reading::done: break;
    case reading::malformed: return refused(malformed_field.status, malformed_field.reason);
    case reading::too_many: return refused(431, "too many header fields");
    case reading::starved:
      if (limits.head_bytes != 0 && bytes.size() >= limits.head_bytes) return refused(431, "header too large");
      return {.scanned = scanned};
  }
  return {.state = parse_state::complete, .head_size = static_cast<std::size_t>(in.at - within.data())};
}

/// The bytes may move before the rest of the head comes: of an incomplete head nothing is kept but the number of fields.
void drop_views(request_head& head) { head.method_name = head.target = {}; }
void drop_views(response_head& head) { head.reason = {}; }

/// A head that came in pieces is read once more in one go when the outcome is known, for its views.
template <typename Head>
parse_result parse_pieces(std::string_view bytes, std::size_t scanned, const head_limits& limits, Head& head) {
  const auto result = parse_head(bytes, scanned, limits, head);
  if (result.state == parse_state::incomplete) {
    drop_views(head);
    std::fill(head.fields.begin(), head.fields.end(), field{});
    return result;
  }
  return scanned == 0 ? result : parse_head(bytes, 0, limits, head);
}

}  // namespace

parse_result parse_request_head(std::string_view bytes, std::size_t scanned, const head_limits& limits,
                                request_head& head) {
  return parse_pieces(bytes, scanned, limits, head);
}

parse_result parse_response_head(std::string_view bytes, std::size_t scanned, const head_limits& limits,
                                 response_head& head) {
  auto result = parse_pieces(bytes, scanned, limits, head);
  if (result.state == parse_state::refused) result.why.status = 502;
  return result;
}

}  // namespace opslb::headers
