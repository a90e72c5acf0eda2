// The Sec-WebSocket-Key that RFC 8441 leaves out and RFC 6455 asks for: a client of HTTP/2 sends none, a backend of HTTP/1
// wants one.
#pragma once

#include <string>

namespace opslb::http2 {

/// 16 random bytes in Base64.
std::string make_websocket_key();

}  // namespace opslb::http2
