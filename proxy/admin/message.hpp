// One request to the admin endpoint and its answer, as values.
#pragma once

#include <string>
#include <string_view>

#include "headers/framing.hpp"
#include "headers/message.hpp"

namespace opslb::admin {

/// Views into the session's buffer.
struct request {
  headers::request_head head;
  headers::request_facts facts;
  std::string_view body;

  /// Target without a query, as it came.
  std::string_view path() const { return facts.target.origin.substr(0, facts.target.origin.find('?')); }
  std::string_view query() const {
    const auto mark = facts.target.origin.find('?');
    return mark == std::string_view::npos ? std::string_view() : facts.target.origin.substr(mark + 1);
  }
  /// Value of the first line of that name; empty if there is none.
  std::string_view field(std::string_view name) const;
  bool has(std::string_view name) const;
};

struct answer {
  unsigned status = 200;
  std::string type = "application/json";
  std::string body{};
  std::string allow{};                                                     ///< of a 405
  std::string_view policy = "default-src 'none'; frame-ancestors 'none'";  ///< Content-Security-Policy
  bool ends = false;  ///< the connection ends behind it: what follows cannot be trusted to be a request
};

/// {"error": …} with one sentence for whoever asked.
answer refusal(unsigned status, std::string_view detail);

/// The answer as it goes out. `for_head`: without its body, but with its length (RFC 9110 9.3.2).
std::string to_bytes(const answer& what, bool for_head, bool keeps_alive);

}  // namespace opslb::admin
