// The two fields that say how long a body is, read strictly (RFC 9112 6.1, 6.2): the ground on which request and response
// framing stand alike. Pure.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "headers/message.hpp"

namespace opslb::headers {

enum class coding : std::uint8_t {
  absent,
  chunked,
  unsupported,  ///< a well-formed list of other codings that ends in chunked
  malformed,
};

/// What Content-Length and Transfer-Encoding lines say together. `fault` is empty where they are unambiguous.
struct body_length {
  bool has_content_length = false;
  std::uint64_t content_length = 0;
  coding transfer = coding::absent;
  std::string_view fault;
};

/// Digits only, one line, at most 2^63-1; no Transfer-Encoding beside it, nor in any version but 1.1.
body_length read_body_length(const std::vector<field>& fields, http_version version);

}  // namespace opslb::headers
