#include "proxy/parse_syntax.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace opslb::json {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool wants_value(awaited next) {
  return next == awaited::value || next == awaited::first_item || next == awaited::item;
}
bool wants_key(awaited next) { return next == awaited::first_key || next == awaited::key; }

std::string expectation(awaited next, const enclosing& open) {
  const char closing = open.bracket == '{' ? '}' : ']';
  switch (next) {
    case awaited::value:
    case awaited::item: return "a value";
    case awaited::first_item: return R"(a value or "]")";
    case awaited::first_key: return R"(a key in double quotes or "}")";
    case awaited::key: return "a key in double quotes";
    case awaited::colon: return R"(":" after the key)";
    case awaited::more:
      return fmt::format(R"("," or "{}" for the "{}" of line {})", closing, open.bracket, open.at.line);
    case awaited::nothing: break;
  }
  return "the end of the file";
}

std::string_view word_at(std::string_view text) {
  const auto end = std::find_if_not(text.begin(), text.end(), [](char c) { return is_letter(c) || is_digit(c); });
  return text.substr(0, static_cast<std::size_t>(end - text.begin()));
}

// The parser refused a string that begins here: its first fault.
std::string fault_in_string(std::string_view text) {
  for (std::size_t at = 1; at < text.size() && text[at] != '"'; ++at) {
    const char c = text[at];
    if (c == '\n' || c == '\r') return "this string is not closed; it must end with a double quote on the same line";
    if (static_cast<unsigned char>(c) < 0x20)
      return R"(this string holds a control character; write it as \t or \u00XX)";
    if (c != '\\') continue;
    ++at;
    const char escaped = at < text.size() ? text[at] : '\0';
    if (std::string_view(R"("\/bfnrtu)").find(escaped) == std::string_view::npos) {
      return R"(this string holds an escape that JSON does not have; write a backslash as \\)";
    }
    if (escaped == 'u')
      return R"(this string holds a \u escape that is no character; four hexadecimal digits name one)";
  }
  return "this string is not closed; end it with a double quote";
}

// A token begins here that would be welcome, were it well-formed.
std::string fault_in_token(std::string_view text) {
  if (text.starts_with('"')) return fault_in_string(text);
  if (number_length(text) != 0 || text.starts_with('-')) {
    return "this number cannot be read; write it as plain digits, such as 100";
  }
  return fmt::format(R"({} is not a value; strings need double quotes, and true, false and null are lower case)",
                     quoted(word_at(text)));
}

std::string message_at(std::string_view text, awaited next, const enclosing& open) {
  const auto expected = expectation(next, open);
  if (text.empty()) return fmt::format("the file ends here; expected {}", expected);
  const char c = text.front();
  if (text.starts_with("/*")) return "this comment is not closed; end it with */";
  if (c == '#') return "comments begin with // or stand between /* and */";
  if (c == '\'' && (wants_value(next) || wants_key(next))) return "single quotes are not JSON; use double quotes";
  if ((c == ']' && next == awaited::item) || (c == '}' && next == awaited::key)) {
    return fmt::format(R"(remove the comma before "{}"; the last item has none)", c);
  }
  if (wants_key(next) && c == '"') return fault_in_string(text);
  if (wants_key(next) && is_letter(c)) return fmt::format("write the key in double quotes: \"{}\"", word_at(text));
  if (wants_value(next) && (c == '"' || c == '-' || is_digit(c) || is_letter(c))) return fault_in_token(text);
  // A character may be several bytes long; whole it is cut here.
  std::size_t length = 1;
  while (length < text.size() && (static_cast<unsigned char>(text[length]) & 0xC0U) == 0x80) ++length;
  return fmt::format("expected {}, found {}", expected,
                     c == '"' ? std::string("a string") : quoted(text.substr(0, length)));
}

}  // namespace

complaint explain(cursor where, awaited next, const enclosing& open) {
  where.skip_blanks();
  // The parser may have taken the comma or colon that was due, and then stumbled over what follows it.
  if (next == awaited::more && where.skip(',')) next = open.bracket == '{' ? awaited::key : awaited::item;
  if (next == awaited::colon && where.skip(':')) next = awaited::value;
  where.skip_blanks();
  return {where.here(), message_at(where.rest(), next, open)};
}

}  // namespace opslb::json
