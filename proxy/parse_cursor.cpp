#include "proxy/parse_cursor.hpp"

#include <algorithm>

namespace opslb::json {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
constexpr std::string_view blanks = " \t\r\n";

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::size_t digits_at(std::string_view text, std::size_t from) {
  std::size_t end = from;
  while (end < text.size() && is_digit(text[end])) ++end;
  return end - from;
}

bool has(std::string_view text, std::size_t at, std::string_view any_of) {
  return at < text.size() && any_of.find(text[at]) != std::string_view::npos;
}

}  // namespace

cursor::cursor(std::string_view text) : text_(text) {
  if (text.starts_with(byte_order_mark)) offset_ = line_start_ = byte_order_mark.size();
}

void cursor::move_to(std::size_t offset) {
  for (; offset_ < offset; ++offset_) {
    if (text_[offset_] == '\n') {
      ++line_;
      line_start_ = offset_ + 1;
    }
  }
}

void cursor::skip_blanks() {
  do {
    move_to(std::min(text_.find_first_not_of(blanks, offset_), text_.size()));
  } while (skip_comment());
}

bool cursor::skip_comment() {
  if (rest().starts_with("//")) {
    // The parser ends such a comment at a lone CR, too.
    move_to(std::min(text_.find_first_of("\r\n", offset_), text_.size()));
    return true;
  }
  if (rest().starts_with("/*")) {
    const auto end = text_.find("*/", offset_ + 2);
    if (end == std::string_view::npos) return false;
    move_to(end + 2);
    return true;
  }
  return false;
}

bool cursor::skip(char c) {
  if (at_end() || peek() != c) return false;
  move_to(offset_ + 1);
  return true;
}

void cursor::skip_token() {
  const auto here_on = rest();
  std::size_t length = 1;
  if (here_on.starts_with('"')) {
    length = std::min(string_length(here_on), here_on.size());
  } else if (const auto number = number_length(here_on); number != 0) {
    length = number;
  } else {
    for (const std::string_view literal : {"true", "false", "null"}) {
      if (here_on.starts_with(literal)) length = literal.size();
    }
  }
  move_to(std::min(offset_ + length, text_.size()));
}

std::size_t number_length(std::string_view text) {
  std::size_t at = text.starts_with('-') ? 1 : 0;
  const auto whole = has(text, at, "0") ? std::size_t{1} : digits_at(text, at);
  if (whole == 0) return 0;
  at += whole;
  if (has(text, at, ".")) {
    const auto fraction = digits_at(text, at + 1);
    if (fraction == 0) return at;
    at += 1 + fraction;
  }
  if (has(text, at, "eE")) {
    const auto sign = has(text, at + 1, "+-") ? std::size_t{1} : 0;
    const auto exponent = digits_at(text, at + 1 + sign);
    if (exponent != 0) at += 1 + sign + exponent;
  }
  return at;
}

std::size_t string_length(std::string_view text) {
  for (std::size_t at = 1; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == '"') {
      return at + 1;
    }
  }
  return std::string_view::npos;
}

}  // namespace opslb::json
