// The one visible list of everything opslb changes in a message head, in order: to_backend() for requests, to_client() for
// responses. A head is written as HTTP/1.1 text into memory that the caller keeps (its old content goes, see line_writer), or,
// for an HTTP/2 client, listed as field lines. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "headers/forwarded.hpp"
#include "headers/framing.hpp"
#include "headers/message.hpp"

namespace opslb::headers {

/// The client's X-Request-Id if it sent exactly one that is a token (RFC 9110 5.6.2) of at most 128 characters, else empty.
std::string_view usable_request_id(const request_head& head);

/// The head for the backend, from request line to empty line. Always HTTP/1.1; framing as in `facts.body`; the backend
/// connection is kept unless the request upgrades.
std::string_view to_backend(const request_head& head, const request_facts& facts, const identity& who,
                            const forwarding_rules& rules, std::string_view request_id, std::string& memory);

/// How the response travels on to the client.
struct client_side {
  http_version version = http_version::http_1_1;
  bool keep_alive = true;            ///< what opslb decided; false writes `Connection: close`
  bool announce_keep_alive = false;  ///< HTTP/1.0 client that asked for it: `Connection: keep-alive` is written
  body_kind body = body_kind::none;  ///< framing towards the client; `chunked` writes Transfer-Encoding
  std::string_view hsts{};           ///< value of Strict-Transport-Security where the response has none; empty: none
};

/// The head for an HTTP/1 client. Works for interim responses too, which get no X-Request-Id, and for
/// 101, which gets `Connection: upgrade`. A response's own X-Request-Id is replaced by `request_id`.
std::string_view to_client(const response_head& head, const response_facts& facts, const client_side& side,
                           std::string_view request_id, std::string& memory);

/// The same for an HTTP/2 client: appends the field lines, as views into `head` and `request_id`, with names as they came.
/// `side.version` is http_2. No line of the connection is among them, and a 101 is without Sec-WebSocket-Accept (RFC 8441).
void to_http2_client(const response_head& head, const response_facts& facts, const client_side& side,
                     std::string_view request_id, std::vector<field>& out);

/// The trailer section with its final CRLF: `fields` less what may not come in one (contract 3; RFC 9110 6.5.1).
/// Towards the backend `client_ip_header` is the configured one, which must not come in this way either.
std::string_view write_trailers(const std::vector<field>& fields, std::string& memory,
                                std::string_view client_ip_header = {});

/// The same for an HTTP/2 client.
void trailers_to_http2_client(const std::vector<field>& fields, std::vector<field>& out);

}  // namespace opslb::headers
