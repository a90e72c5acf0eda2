// Messages for tests: from text to what the parser and the checks made of it.
#pragma once

#include <catch2/catch_tostring.hpp>
#include <string>
#include <utility>

#include "headers/framing.hpp"
#include "headers/head_parser.hpp"

namespace opslb::headers::test {

inline constexpr std::string_view lb_name = "lb.example.com";

/// A request read from `text` and judged; `why.status` 0 if nothing was wrong with it. Not to be moved: the views point in.
struct request {
  explicit request(std::string whole, const head_limits& limits = {}) : text(std::move(whole)) {
    parsed = parse_request_head(text, 0, limits, head);
    why = parsed.why;
    if (parsed.state == parse_state::complete) why = check_request(head, lb_name, facts);
  }
  request(const request&) = delete;
  request& operator=(const request&) = delete;

  std::string text;
  request_head head;
  request_facts facts;
  parse_result parsed;
  refusal why;
};

/// The same for a response.
struct response {
  explicit response(std::string whole, method asked = method::get, bool upgrade_asked = false)
      : text(std::move(whole)) {
    parsed = parse_response_head(text, 0, {}, head);
    why = parsed.why;
    if (parsed.state == parse_state::complete)
      why = check_response(head, asked, upgrade_asked ? upgrade_wish::offered : upgrade_wish::none, facts);
  }
  response(const response&) = delete;
  response& operator=(const response&) = delete;

  std::string text;
  response_head head;
  response_facts facts;
  parse_result parsed;
  refusal why;
};

/// A request of HTTP/1.1 with a Host, and these lines more, each ended by CRLF.
inline std::string get_with(std::string_view lines) {
  return "GET / HTTP/1.1\r\nHost: h\r\n" + std::string(lines) + "\r\n";
}

/// A string as a message shows it, for test output.
inline std::string visible(std::string_view bytes) { return Catch::StringMaker<std::string_view>::convert(bytes); }

}  // namespace opslb::headers::test
