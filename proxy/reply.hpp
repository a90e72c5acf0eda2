// opslb's own answers: errors, and OPTIONS with Max-Forwards: 0. They carry what contract 4 asks for, in JSON or HTML, and
// go out through the exchange like any response. One thread.
#pragma once

#include <string>
#include <string_view>

#include "proxy/exchange.hpp"
#include "proxy/lane.hpp"

namespace opslb {

struct own_answer {
  unsigned status = 500;
  std::string detail;  ///< one sentence for the client: no address of a backend in it
  bool retry_after = false;
  bool as_html = false;          ///< see wants_html()
  bool ends_connection = false;  ///< what follows on the connection cannot be trusted to be a request
  std::string location{};        ///< of a redirect
};

/// The body as it is sent. Pure.
std::string answer_body(const own_answer& what, std::string_view request_id, bool as_html);

/// JSON for /api, /agents and whoever does not ask for HTML. `origin` is the target in origin form, empty if there was none.
bool wants_html(const headers::request_head& head, std::string_view origin);

struct reply_result {
  bool taken = false;  ///< the client took it
  std::size_t body_size = 0;
};

/// Sends it, within `idle` without a byte moved.
task<reply_result> reply(lane& at, exchange& client, const own_answer& what, std::string_view request_id,
                         milliseconds idle);

}  // namespace opslb
