#include "proxy/relay.hpp"

#include "headers/hop_by_hop.hpp"
#include "proxy/http1/body_reader.hpp"
#include "proxy/http1/body_writer.hpp"
#include "proxy/splice.hpp"
#include "proxy/tunnel.hpp"
#include "proxy/turn.hpp"

namespace opslb {
namespace {

task<io_error> finish_without_nominated(body_sink& to, const std::vector<headers::field>& trailers,
                                        std::string_view nominated) {
  std::vector<headers::field> kept;
  for (const headers::field& line : trailers) {
    if (!headers::is_nominated(nominated, line.name)) kept.push_back(line);
  }
  co_return co_await to.finish(kept);
}

/// RFC 9110 7.6.1: what Connection names ends here, in a trailer section too.
task<io_error> finish(body_sink& to, const std::vector<headers::field>& trailers, std::string_view nominated) {
  if (nominated.empty() || trailers.empty()) return to.finish(trailers);
  return finish_without_nominated(to, trailers, nominated);
}

}  // namespace

relay::relay(const relay_request& of, upstream::connection& to)
    : of_(of),
      to_(to),
      clock_(
          of.at.parts.wheel, of.idle, [](void* self) { static_cast<relay*>(self)->idle_expired(); }, this),
      head_(of.at.response_heads),
      written_before_(to.stream.bytes_written()) {}

task<> relay::run() {
  to_.stream.set_idle_clock(&clock_);
  of_.client.set_idle_clock(&clock_);
  if (of_.facts.body.kind == headers::body_kind::none) {
    // A backend that takes no more is no failure here: download() sees what it has to say, or that it is gone.
    const io_error error = co_await to_.stream.write(of_.head_text);
    uploaded_ = error == io_error::none;
  } else {
    uploading_.start(upload());
  }
  co_await download();
  if (uploading_.is_running()) co_await stop_upload();
  let_client_go_on();
  // What the kernel still has of this connection belongs to nobody: the next request must not be answered with it.
  const bool nothing_follows = to_.received.empty() && (!to_.stream.may_have_bytes() || to_.stream.is_quiet());
  result_.reusable = result_.what.cause == failure_cause::none && uploaded_ && facts_.keep_alive && !result_.upgraded &&
                     nothing_follows && !to_.stream.peer_has_closed() && !to_.stream.is_interrupted();
  to_.may_be_followed = facts_.body.kind == headers::body_kind::none;
  of_.client.set_idle_clock(nullptr);
  to_.stream.set_idle_clock(nullptr);
}

void relay::client_gone() {
  const bool cutting = of_.at.shared.cutting.load(std::memory_order_relaxed);
  // A tunnel whose client closed both ways may still have bytes to deliver: its pumps see for themselves what broke.
  if (result_.upgraded && !cutting) return;
  fail(cutting ? failure_cause::cut_by_us : failure_cause::client_gone);
  to_.stream.interrupt(io_error::interrupted);
  of_.client.interrupt(io_error::interrupted);
}

/// The first cause counts: what follows from it only looks like another one.
void relay::fail(failure_cause cause, std::string_view detail) {
  failure& what = result_.what;
  if (what.cause != failure_cause::none) return;
  what.cause = cause;
  what.detail = detail;
  if (what.phase == attempt_phase::passed_on) return;
  if (answer_begun_) {
    what.phase = attempt_phase::answering;
  } else {
    what.phase =
        to_.stream.bytes_written() == written_before_ ? attempt_phase::nothing_written : attempt_phase::written;
  }
}

void relay::fail(io_error backend_error) {
  if (backend_error == io_error::timed_out) return fail(failure_cause::idle);
  fail(failure_cause::died, backend_error == io_error::reset ? "connection reset" : "connection closed");
}

void relay::idle_expired() {
  const bool client_owes = waits_for_client_ && (!of_.facts.expects_continue || told_to_continue_);
  fail(client_owes ? failure_cause::client_idle : failure_cause::idle);
  to_.stream.interrupt(io_error::timed_out);
  of_.client.interrupt(io_error::timed_out);
}

// The request.

task<> relay::upload() {
  http1::body_writer to(to_.stream, of_.rules.forwarding.client_ip_header);
  to.begin(of_.head_text, of_.facts.body.kind == headers::body_kind::chunked);
  body_source& body = of_.client.request_body();
  if (body.ready().empty() && !body.is_done()) {
    // The head goes first: the client may be waiting for a 100 before it sends more.
    const io_error error = co_await to.flush();
    if (error != io_error::none) co_return;
  }
  const bool whole = co_await upload_body(to);
  if (!whole) co_return;
  const io_error error = co_await finish(to, body.trailers(), of_.nominated);
  uploaded_ = error == io_error::none;
}

/// True once the body is complete. A backend that takes no more is no failure here: its answer, which may be on its way,
/// decides, and if there is none, download() sees that.
task<bool> relay::upload_body(body_sink& to) {
  body_source& body = of_.client.request_body();
  const std::uint64_t most = of_.rules.settings.limits.body_bytes;
  turn mine;
  for (;;) {
    const std::string_view bytes = body.ready();
    if (!bytes.empty()) {
      body_in_ += bytes.size();
      if (most != 0 && body_in_ > most) {
        fail(failure_cause::client_too_large);
        to_.stream.interrupt(io_error::interrupted);
        co_return false;
      }
      const io_error error = co_await to.write(bytes);
      result_.body_begun = result_.body_begun || to_.stream.bytes_written() != written_before_;
      if (error != io_error::none) co_return false;
      body.consume(bytes.size());
      if (mine.is_over(turn::operation + bytes.size())) co_await of_.at.parts.io.yield();
      continue;
    }
    if (body.error() != body_error::none) {
      upload_failed(body.error());
      co_return false;
    }
    if (body.is_done()) co_return true;
    if (can_splice(body, to)) {
      // limits.body_bytes was held against the Content-Length that such a body has.
      const std::uint64_t left = body.unread().size;
      const carried end = co_await splice(of_.at.parts, of_.at.pipes, body, to, body_in_, waits_for_client_);
      result_.body_begun = result_.body_begun || body.unread().size != left;
      if (end.source != body_error::none) upload_failed(end.source);
      if (end.failed()) co_return false;
      if (body.is_done()) co_return true;
    }
    waits_for_client_ = true;
    const body_error error = co_await body.fill();
    waits_for_client_ = false;
    if (error != body_error::none) {
      upload_failed(error);
      co_return false;
    }
  }
}

void relay::upload_failed(body_error why) {
  if (why == body_error::timed_out || why == body_error::interrupted) return;  // whoever did that has said why
  fail(why == body_error::malformed ? failure_cause::client_malformed : failure_cause::client_gone);
  to_.stream.interrupt(io_error::interrupted);
}

/// The end of the download ends the upload. A request that stays unfinished costs both connections.
task<> relay::stop_upload() {
  of_.client.interrupt(io_error::interrupted);
  to_.stream.interrupt(io_error::interrupted);
  co_await uploading_.join();
}

void relay::let_client_go_on() {
  if (!of_.at.shared.cutting.load(std::memory_order_relaxed)) of_.client.clear_interrupt();
}

// The response.

task<> relay::download() {
  turn mine;  // a backend may send any number of interim responses
  for (;;) {
    std::size_t scanned = 0;
    for (;;) {
      const headers::parse_state state = parse_head(scanned);
      if (state == headers::parse_state::complete) break;
      if (state == headers::parse_state::refused) co_return;
      const io_error error = co_await to_.stream.read(to_.received);
      if (error != io_error::none) co_return fail(error);
    }
    const headers::refusal refused =
        headers::check_response(*head_, of_.client.head().verb, headers::wish_of(of_.facts), facts_);
    if (refused.status != 0) co_return fail(failure_cause::not_http, refused.reason);
    if (!facts_.interim) break;
    const bool passed = co_await pass_interim();
    if (!passed) co_return;
    if (mine.is_over(turn::operation)) co_await of_.at.parts.io.yield();
  }
  if (!facts_.service_version.empty()) note_version();
  result_.status = head_->status;
  result_.first_byte = of_.at.now();
  begin_response(*head_);
  to_.received.consume(head_size_);
  if (!facts_.switches_protocols) {
    co_await pass_body();
    co_return;
  }
  result_.what.phase = attempt_phase::passed_on;
  const io_error error = co_await of_.client.response().flush();
  if (error != io_error::none) co_return fail(failure_cause::client_gone);
  if (uploading_.is_running()) co_await stop_upload();
  let_client_go_on();
  result_.upgraded = true;
  co_await join_ends();
}

/// After a 101. What the backend sent behind it is in `received`.
task<> relay::join_ends() {
  clock_.set_limit(of_.rules.settings.timeouts.tunnel);
  of_.client.begin_tunnel();
  http1::body_reader backend_says(to_.stream, to_.received);
  http1::body_writer backend_hears(to_.stream);
  backend_hears.begin_tunnel();
  tunnel_ends ends{of_.client.request_body(), backend_hears, backend_says, of_.client.response()};
  ends.who = this;
  ends.broke = [](void* self, tunnel_end) {
    relay& me = *static_cast<relay*>(self);
    me.of_.client.interrupt(io_error::interrupted);
    me.to_.stream.interrupt(io_error::interrupted);
  };
  co_await tunnel(of_.at, ends);
}

/// Looks at what has come of a head; where more is needed there is room for it.
headers::parse_state relay::parse_head(std::size_t& scanned) {
  if (to_.received.empty()) return headers::parse_state::incomplete;
  answer_begun_ = true;
  const auto parsed = headers::parse_response_head(to_.received.ready(), scanned, of_.rules.response_limits, *head_);
  head_size_ = parsed.head_size;
  scanned = parsed.scanned;
  if (parsed.state == headers::parse_state::refused) fail(failure_cause::not_http, parsed.why.reason);
  if (parsed.state == headers::parse_state::incomplete && to_.received.space().empty()) to_.received.grow();
  return parsed.state;
}

task<bool> relay::pass_interim() {
  if (head_->status == 100) told_to_continue_ = true;
  const io_error error = co_await of_.client.interim(*head_, facts_);
  to_.received.consume(head_size_);
  if (error == io_error::none) co_return true;
  fail(failure_cause::client_gone);
  // Part of it may have gone out: another head would be taken for the rest.
  result_.what.phase = attempt_phase::passed_on;
  co_return false;
}

void relay::note_version() {
  const health::entry& host = *to_.to().health;
  if (!host.has_told(facts_.service_version)) of_.at.shared.told_version(&host, facts_.service_version);
}

void relay::begin_response(const headers::response_head& head) {
  // A client that still owes body bytes cannot be followed by another request: the rest of the body would be in the way.
  const bool ends = !of_.client.request_body().is_done() || facts_.switches_protocols;
  if (facts_.nominates_fields) nominated_ = headers::connection_list(head.fields);
  of_.client.begin_response(head, facts_, of_.request_id, ends);
}

task<> relay::pass_body() {
  const auto& limits = of_.rules.settings.limits;
  http1::body_reader body(to_.stream, to_.received, facts_.body,
                          {limits.response_head_bytes, limits.header_count, 1024});
  body_sink& client = of_.client.response();
  attempt_phase& phase = result_.what.phase;
  turn mine;
  for (;;) {
    const std::string_view bytes = body.ready();
    if (!bytes.empty()) {
      phase = attempt_phase::passed_on;
      const io_error error = co_await client.write(bytes);
      if (error != io_error::none) co_return pass_failed(body_error::none, error);
      result_.body_out += bytes.size();
      body.consume(bytes.size());
      if (mine.is_over(turn::operation + bytes.size())) co_await of_.at.parts.io.yield();
      continue;
    }
    if (body.error() != body_error::none) co_return fail(failure_cause::not_http, "bad chunk framing");
    if (body.is_done()) break;
    if (phase != attempt_phase::passed_on) {
      phase = attempt_phase::passed_on;
      const io_error error = co_await client.flush();
      if (error != io_error::none) co_return fail(failure_cause::client_gone);
    }
    if (can_splice(body, client)) {
      bool waits = false;
      const carried end = co_await splice(of_.at.parts, of_.at.pipes, body, client, result_.body_out, waits);
      if (end.failed()) co_return pass_failed(end.source, end.sink);
      if (body.is_done()) break;
    }
    const body_error error = co_await body.fill();
    if (error != body_error::none) co_return pass_failed(error, io_error::none);
  }
  phase = attempt_phase::passed_on;
  if (client.is_finished()) co_return;
  const io_error error = co_await finish(client, body.trailers(), nominated_);
  if (error != io_error::none) fail(failure_cause::client_gone);
}

/// The response's body did not come, or did not go out.
void relay::pass_failed(body_error from_backend, io_error to_client) {
  if (from_backend == body_error::timed_out || to_client == io_error::timed_out) return fail(failure_cause::idle);
  if (to_client != io_error::none) return fail(failure_cause::client_gone);
  fail(failure_cause::died, "response broke off");
}

}  // namespace opslb
