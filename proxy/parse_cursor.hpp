// A finger that follows JSON text token by token and knows its line and column. It keeps step with a parser that reads
// the same text: what the parser has accepted is skipped without being judged again. Pure.
#pragma once

#include <cstddef>
#include <string_view>

#include "proxy/parse.hpp"

namespace opslb::json {

class cursor {
 public:
  explicit cursor(std::string_view text);

  /// Blanks and comments. Stops in front of a comment that is never closed.
  void skip_blanks();
  /// One byte, if it is `c`.
  bool skip(char c);
  /// A whole string, number or literal that the parser has accepted, or one bracket.
  void skip_token();

  bool at_end() const { return offset_ == text_.size(); }
  /// The byte here, or NUL at the end.
  char peek() const { return at_end() ? '\0' : text_[offset_]; }
  std::string_view rest() const { return text_.substr(offset_); }
  position here() const { return {line_, offset_ - line_start_ + 1}; }

 private:
  void move_to(std::size_t offset);
  bool skip_comment();

  std::string_view text_;
  std::size_t offset_ = 0;
  std::size_t line_ = 1;
  std::size_t line_start_ = 0;
};

/// Length of the JSON number (RFC 8259 section 6) that `text` begins with; 0 if none.
std::size_t number_length(std::string_view text);

/// Length of the string that `text` begins with, both quotes included; npos if it is never closed.
std::size_t string_length(std::string_view text);

}  // namespace opslb::json
