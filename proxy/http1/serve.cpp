#include "proxy/http1/serve.hpp"

#include "headers/framing.hpp"
#include "headers/head_parser.hpp"
#include "proxy/forward.hpp"
#include "proxy/http1/client_exchange.hpp"
#include "proxy/linger.hpp"
#include "proxy/turn.hpp"

namespace opslb::http1 {
namespace {

using headers::parse_state;

enum class head_state { complete, refused, nothing };

/// Empties a head but keeps the memory of its fields.
void forget(headers::request_head& head) {
  std::vector<headers::field> fields = std::move(head.fields);
  fields.clear();
  head = {};
  head.fields = std::move(fields);
}

/// Reads until a head is whole. `why` and `size` tell of the outcome; `nothing`: there is nobody to be answered.
task<head_state> read_head(client_connection& client, const generation& rules, headers::request_head& head,
                           std::size_t& size, headers::refusal& why) {
  std::size_t scanned = 0;
  for (;;) {
    const auto parsed = headers::parse_request_head(client.received.ready(), scanned, rules.request_limits, head);
    if (parsed.state == parse_state::complete) {
      size = parsed.head_size;
      co_return head_state::complete;
    }
    if (parsed.state == parse_state::refused) {
      why = parsed.why;
      co_return head_state::refused;
    }
    scanned = parsed.scanned;
    if (client.received.space().empty()) client.received.grow();
    const io_error error = co_await client.stream.read(client.received);
    if (error == io_error::timed_out) {
      client.stream.clear_interrupt();
      why = {408, "the request head did not arrive in time"};
      co_return head_state::refused;
    }
    if (error != io_error::none) co_return head_state::nothing;
  }
}

/// One request. True if another may follow.
task<bool> serve_one(client_connection& client) {
  const busy_mark mark(client);
  const generation_ref rules = client.at.current;
  recycled<headers::request_head> head(client.at.request_heads);
  forget(*head);

  std::size_t size = 0;
  headers::refusal refused;
  const head_state state = co_await read_head(client, *rules, *head, size, refused);
  client.timer.disarm();
  if (state == head_state::nothing) co_return false;

  headers::request_facts facts;
  if (state == head_state::refused) {
    // What was parsed so far may be half a line: nothing of it is believed.
    forget(*head);
  } else {
    refused = headers::check_request(*head, rules->forwarding.server_name, facts);
    if (refused.status == 0 && client.over_limit) refused = {429, "too many connections from this address"};
  }
  if (client.speaks_plain) refused = {400, "this port speaks HTTPS; write https:// in front of the address"};
  if (refused.status != 0) facts.body = {};

  client.received.consume(size);
  recycled<std::string> response_head(client.at.texts);
  const config& settings = rules->settings;
  client_exchange exchange(client, *head, facts.body, {settings.limits.head_bytes, settings.limits.header_count, 1024},
                           size, facts.keep_alive, *response_head);
  const request_origin origin = origin_of(client);
  co_await forward(client.at, rules, origin, exchange, facts, refused);
  co_return exchange.may_go_on();
}

}  // namespace

task<> serve(client_connection& client) {
  turn mine;
  for (bool first = true;; first = false) {
    if (client.received.empty()) {
      const io_error error = co_await client.stream.read(client.received);
      if (error == io_error::timed_out || error == io_error::interrupted) client.stream.close_write();
      if (error != io_error::none) co_return;
    }
    if (!first) client.timer.expire_after(client.at.current->settings.timeouts.request_head);
    const bool more = co_await serve_one(client);
    // A listener that went meanwhile could not say so in an answer that had begun.
    if (!more || client.listener->is_gone()) break;
    if (mine.is_over(turn::request)) co_await client.at.parts.io.yield();
    if (client.stream.is_interrupted()) break;
    if (client.received.empty()) client.timer.expire_after(client.at.current->settings.timeouts.keep_alive);
  }
  if (!client.stream.is_broken() && !client.stream.is_interrupted()) co_await linger(client);
}

}  // namespace opslb::http1
