// The decoded header block of a request as the request head that the rest of opslb works with: pseudo-headers become method,
// target and Host, cookie crumbs one field, an extended CONNECT the Upgrade that it stands for. nghttp2 has looked at the
// syntax before; what it lets through of RFC 9113 8 is refused here. Pure.
#pragma once

#include <string>
#include <string_view>

#include "headers/head_parser.hpp"
#include "headers/message.hpp"
#include "proxy/http2/field_block.hpp"

namespace opslb::http2 {

/// Where the text lives that no single line of the block has.
struct joined_fields {
  std::string cookie;
  std::string websocket_key;
};

/// Status 0: accepted. Else 400, 414 or 431, and `head` holds what could be read. The views in it point into `block` and
/// `joined`. `make_key` gives a Sec-WebSocket-Key, which an HTTP/2 client has none of.
headers::refusal to_request_head(const field_block& block, const headers::head_limits& limits,
                                 std::string (*make_key)(), joined_fields& joined, headers::request_head& head);

/// Trailers, without regard to which of them may be trailers.
void to_trailers(const field_block& block, std::vector<headers::field>& out);

}  // namespace opslb::http2
