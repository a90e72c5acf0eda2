#include "proxy/http2/serve.hpp"

#include <array>
#include <utility>

#include "headers/framing.hpp"
#include "proxy/http2/front.hpp"
#include "proxy/http2/request_fields.hpp"
#include "proxy/http2/stream_exchange.hpp"
#include "proxy/http2/websocket_key.hpp"
#include "proxy/linger.hpp"
#include "proxy/log.hpp"
#include "proxy/passage.hpp"
#include "proxy/turn.hpp"

namespace opslb::http2 {
namespace {

/// Empties a head but keeps the memory of its fields.
void forget(headers::request_head& head) {
  std::vector<headers::field> fields = std::move(head.fields);
  fields.clear();
  head = {};
  head.fields = std::move(fields);
}

/// What the stream's header block says, and how long its body is.
headers::refusal read_request(const front& on, const generation& rules, const stream& of, joined_fields& joined,
                              headers::request_head& head, headers::request_facts& facts) {
  forget(head);
  headers::refusal refused = to_request_head(of.head, rules.request_limits, make_websocket_key, joined, head);
  if (refused.status == 0) refused = headers::check_request(head, rules.forwarding.server_name, facts);
  if (refused.status == 0 && on.client.over_limit) refused = {429, "too many connections from this address"};
  if (refused.status != 0) {
    facts.body = {};
    return refused;
  }
  // RFC 9113 8.1.1: without a Content-Length the frames tell, and the backend gets chunks.
  if (!facts.has_content_length && facts.upgrade.empty() && of.has_body) facts.body = {headers::body_kind::chunked, 0};
  return refused;
}

/// One request, from its head to its line in the log.
task<> serve_stream(front& on, stream& of) {
  client_connection& client = on.client;
  on.stream_begins();
  {
    const generation_ref rules = client.at.current;
    recycled<headers::request_head> head(client.at.request_heads);
    joined_fields joined;
    headers::request_facts facts;
    const headers::refusal refused = read_request(on, *rules, of, joined, *head, facts);
    stream_exchange exchange(on, of, *head, facts.body);
    const request_origin origin = origin_of(client);
    passage request(client.at, rules, origin, exchange, facts);
    co_await request.forward(refused);
    request.close();
  }
  on.stream_ends(of);
}

void serve_arrived(front& on) {
  std::vector<stream*>& arrived = on.frames.arrived();  // which only grows in receive()
  for (stream* each : arrived) spawn(serve_stream(on, *each), on.running());
  arrived.clear();
}

/// Until no more will come; says why.
task<io_error> read_frames(front& on) {
  client_connection& client = on.client;
  turn mine;
  for (;;) {
    while (!client.received.empty()) {
      const std::string_view bytes = client.received.ready();
      const bool goes_on = on.receive(bytes);
      client.received.consume(bytes.size());
      serve_arrived(on);
      on.take_output();
      on.settle();
      if (!goes_on) co_return io_error::none;
      if (mine.is_over(turn::operation + bytes.size())) co_await client.at.parts.io.yield();
    }
    if (client.over_limit) on.close_soon();
    const io_error error = co_await client.stream.read(client.received);
    if (error != io_error::none) co_return error;
  }
}

/// What the end of the input means for the streams that are there.
void end_streams(front& on, io_error why) {
  client_connection& client = on.client;
  const bool is_cut = client.at.shared.cutting.load(std::memory_order_relaxed) || client.stream.is_broken();
  if (is_cut || why == io_error::reset || on.is_writing()) {
    // Interrupted within a write, nobody knows how much of a frame the client has.
    if (why != io_error::none && why != io_error::end_of_stream) return on.lost();
  }
  client.stream.clear_interrupt();
  switch (why) {
    case io_error::none: return;  // the session has ended them
    case io_error::end_of_stream: return on.frames.input_ended();
    case io_error::timed_out: {
      const bool owes_answer = on.frames.has_settings() && !on.frames.is_acknowledged();
      const bool is_slow = on.frames.unfinished_head() != 0;
      return on.frames.terminate(is_slow       ? error_code::enhance_your_calm
                                 : owes_answer ? error_code::settings_timeout
                                               : error_code::no_error);
    }
    case io_error::reset:
    case io_error::interrupted: break;
  }
  if (on.frames.is_over()) return on.lost();
  on.frames.name_last_stream();
}

/// Counts connections that the client's fault ended, and tells of them.
void note_end(const front& on) {
  static std::array<log::rate_limit, 2> limits;
  const error_code why = on.frames.ended_with();
  if (why == error_code::no_error) return;
  counters& counts = on.client.at.counts;
  const auto& guilty = on.frames.watch().guilty_of();
  ++(guilty ? counts.http2_abuses[static_cast<std::size_t>(*guilty)] : counts.http2_errors);
  std::uint64_t left_out = 0;
  if (!limits[guilty ? 0 : 1].allows(left_out)) return;
  // nghttp2 would say more of an error, but quotes what the client sent, credentials too.
  log::warning("HTTP/2 connection ended: {} peer={} listener={} suppressed={}",
               guilty ? to_text(*guilty) : to_text(why), on.client.peer.client.to_string(),
               on.client.listener->settings.name, left_out);
}

}  // namespace

task<> serve(client_connection& client) {
  {
    front on(client);
    on.start();
    if (client.is_closing()) on.close_soon();
    const io_error why = co_await read_frames(on);
    on.reading_ends();
    end_streams(on, why);
    co_await on.streams_end();
    co_await on.finish_writing();
    note_end(on);
  }
  if (!client.stream.is_broken() && !client.stream.is_interrupted()) co_await linger(client);
}

}  // namespace opslb::http2
