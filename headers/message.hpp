// What a parsed HTTP message head is, whichever protocol version it came in: views into the bytes it was read from, in
// the order in which they came. Owns nothing but its field vector, whose memory is reused from message to message.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "headers/known_field.hpp"

namespace opslb::headers {

enum class http_version : std::uint8_t { http_1_0, http_1_1, http_2 };

/// "HTTP/1.1", as logs say it.
constexpr std::string_view to_text(http_version version) {
  switch (version) {
    case http_version::http_1_0: return "HTTP/1.0";
    case http_version::http_1_1: return "HTTP/1.1";
    case http_version::http_2: return "HTTP/2";
  }
  return {};
}

/// The methods whose name changes what opslb does. Names are case-sensitive (RFC 9110 9.1); all others are `other`.
enum class method : std::uint8_t { get, head, post, put, delete_, options, patch, connect, trace, other };

method to_method(std::string_view name);
/// RFC 9110 9.2.1, less TRACE, which is refused anyway: GET, HEAD, OPTIONS.
bool is_safe(method m);
/// RFC 9110 9.2.2: the safe ones, PUT and DELETE.
bool is_idempotent(method m);

/// One header field line. The value has no leading or trailing blanks (OWS).
struct field {
  std::string_view name;
  std::string_view value;
  known_field known;  ///< what classify(name) said
  /// The bytes from the name to the second one behind the value are this line as opslb would write it: `name: value CRLF`,
  /// with a value that is not empty.
  bool verbatim = false;
};

struct request_head {
  std::string_view method_name;
  method verb = method::other;
  std::string_view target;  ///< as received, byte for byte
  http_version version = http_version::http_1_1;
  std::vector<field> fields;
};

struct response_head {
  http_version version = http_version::http_1_1;
  unsigned status = 0;  ///< 100 to 999
  std::string_view reason;
  std::vector<field> fields;
};

/// Why a message is not passed on: the status of the answer, and a short constant text for the log and the answer's detail.
struct refusal {
  unsigned status = 0;
  std::string_view reason;
};

}  // namespace opslb::headers
