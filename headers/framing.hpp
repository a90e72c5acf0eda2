// What a parsed head means for the bytes behind it and for the connection: how long the body is (RFC 9112 6), whether the
// connection lasts (9.3), and everything about a head that is refused although its syntax is right. One unambiguous
// message or a refusal. Pure.
#pragma once

#include <cstdint>
#include <string_view>

#include "headers/message.hpp"
#include "headers/target.hpp"

namespace opslb::headers {

enum class body_kind : std::uint8_t { none, length, chunked, until_close };

struct body_framing {
  body_kind kind = body_kind::none;
  std::uint64_t length = 0;  ///< for body_kind::length; never 0 (that is `none`)
};

/// What the rest of opslb needs to know of a request head that was accepted.
/// Fields that decide nothing, but that logs and reports name: seen in passing, so that nobody has to look for them.
struct noted_fields {
  std::string_view user_agent, referer, traceparent;  ///< of several the last
  bool accept = false;
  bool request_id = false;
  bool identity = false;  ///< some field of the client's identity, see known_field
};

struct request_facts {
  body_framing body;
  bool has_content_length = false;  ///< a Content-Length line was there, also one of 0
  parsed_target target;
  authority host;                 ///< from the absolute form, else Host; text empty only for HTTP/1.0 without Host
  bool keep_alive = true;         ///< the client wants to keep the connection
  bool expects_continue = false;  ///< `Expect: 100-continue` from an HTTP/1.1 or later client
  /// Value of Upgrade where Connection names it (HTTP/1.1), or the :protocol of an extended CONNECT; never HTTP or TLS;
  /// else empty.
  std::string_view upgrade;
  bool upgrade_required = false;  ///< an extended CONNECT is nothing without it
  bool accepts_trailers = false;  ///< `TE: trailers`
  bool nominates_fields = false;  ///< Connection names fields that end here
  int max_forwards = -1;          ///< OPTIONS with Max-Forwards; -1: none
  noted_fields noted;
};

/// Status 0: accepted; `facts.noted` is good in any case. Else 400, 405 (CONNECT, TRACE), 417, 501 (see contract 4). `server_name` is this
/// opslb's own NAME: 508 where Via already has it.
refusal check_request(const request_head& head, std::string_view server_name, request_facts& facts);

/// What a request asked for with its Upgrade.
enum class upgrade_wish : std::uint8_t {
  none,
  offered,   ///< any answer will do
  required,  ///< a 2xx that is no 101 would look like the tunnel that it is not
};

/// What the rest of opslb needs to know of a response head that was accepted.
struct response_facts {
  body_framing body;
  bool has_content_length = false;  ///< to be passed on, also to HEAD and with 304
  std::uint64_t content_length = 0;
  bool keep_alive = false;           ///< the backend keeps the connection after this response
  bool interim = false;              ///< 1xx but 101
  bool switches_protocols = false;   ///< 101
  bool nominates_fields = false;     ///< as in a request
  std::string_view service_version;  ///< value of X-MongoDB-Service-Version; empty: it was not there
};

/// What `facts.upgrade` amounts to.
upgrade_wish wish_of(const request_facts& facts);

/// Status 0: accepted. Else 502: among others for a 101 to a request without a wish for it.
refusal check_response(const response_head& head, method request_method, upgrade_wish wish, response_facts& facts);

}  // namespace opslb::headers
