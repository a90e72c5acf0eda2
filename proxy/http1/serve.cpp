#include "proxy/http1/serve.hpp"

#include "headers/framing.hpp"
#include "headers/head_parser.hpp"
#include "proxy/http1/client_exchange.hpp"
#include "proxy/linger.hpp"
#include "proxy/passage.hpp"

namespace opslb::http1 {
namespace {

using headers::parse_state;

enum class head_state { complete, refused, incomplete, nothing };

/// Empties a head but keeps the memory of its fields.
void forget(headers::request_head& head) {
  std::vector<headers::field> fields = std::move(head.fields);
  fields.clear();
  head = {};
  head.fields = std::move(fields);
}

/// A request's head as far as it has come.
struct arriving_head {
  head_state state = head_state::incomplete;
  std::size_t scanned = 0;
  std::size_t size = 0;  ///< once complete
  headers::refusal why;  ///< once refused

  void parse(const client_connection& client, const generation& rules, headers::request_head& head) {
    const auto parsed = headers::parse_request_head(client.received.ready(), scanned, rules.request_limits, head);
    switch (parsed.state) {
      case parse_state::complete: state = head_state::complete; break;
      case parse_state::refused: state = head_state::refused; break;
      case parse_state::incomplete: break;
    }
    scanned = parsed.scanned;
    size = parsed.head_size;
    why = parsed.why;
  }
};

/// Reads on until the head is whole; `nothing`: there is nobody to be answered.
task<> read_rest(client_connection& client, const generation& rules, arriving_head& arriving,
                 headers::request_head& head) {
  while (arriving.state == head_state::incomplete) {
    if (client.received.space().empty()) client.received.grow();
    const io_error error = co_await client.stream.read(client.received);
    if (error == io_error::timed_out) {
      client.stream.clear_interrupt();
      arriving.why = {408, "the request head did not arrive in time"};
      arriving.state = head_state::refused;
    } else if (error != io_error::none) {
      arriving.state = head_state::nothing;
    } else {
      arriving.parse(client, rules, head);
    }
  }
}

/// One request. True if another may follow.
task<bool> serve_one(client_connection& client) {
  const busy_mark mark(client);
  const generation_ref rules = client.at.current;
  recycled<headers::request_head> head(client.at.request_heads);
  forget(*head);

  arriving_head arriving;
  arriving.parse(client, *rules, *head);
  if (arriving.state == head_state::incomplete) co_await read_rest(client, *rules, arriving, *head);
  client.timer.disarm();
  if (arriving.state == head_state::nothing) co_return false;

  headers::request_facts facts;
  headers::refusal refused = arriving.why;
  if (arriving.state == head_state::refused) {
    // What was parsed so far may be half a line: nothing of it is believed.
    forget(*head);
  } else {
    refused = headers::check_request(*head, rules->forwarding.server_name, facts);
    if (refused.status == 0 && client.over_limit) refused = {429, "too many connections from this address"};
  }
  if (client.speaks_plain) refused = {400, "this port speaks HTTPS; write https:// in front of the address"};
  if (refused.status != 0) facts.body = {};

  client.received.consume(arriving.size);
  recycled<std::string> response_head(client.at.response_texts);
  const config& settings = rules->settings;
  client_exchange exchange(client, *head, facts.body, {settings.limits.head_bytes, settings.limits.header_count, 1024},
                           arriving.size, facts.keep_alive, *response_head);
  const request_origin origin = origin_of(client);
  passage request(client.at, rules, origin, exchange, facts);
  co_await request.forward(refused);
  request.close();
  co_return exchange.may_go_on();
}

}  // namespace

task<bool> serve_next(client_connection& client, conversation& of) {
  do {
    if (of.has_begun) client.timer.expire_after(client.at.current->settings.timeouts.request_head);
    of.has_begun = true;
    bool more = co_await serve_one(client);
    // A listener that went meanwhile could not say so in an answer that had begun.
    more = more && !client.listener->is_gone();
    if (more && of.mine.is_over(turn::request)) co_await client.at.parts.io.yield();
    if (!more || client.stream.is_interrupted()) {
      if (!client.stream.is_broken() && !client.stream.is_interrupted()) co_await linger(client);
      co_return false;
    }
  } while (!client.received.empty());
  client.timer.expire_after(client.at.current->settings.timeouts.keep_alive);
  co_return true;
}

}  // namespace opslb::http1
