#include "proxy/tcp/crossing.hpp"

#include <sys/socket.h>

#include "proxy/http1/body_reader.hpp"
#include "proxy/http1/body_writer.hpp"
#include "proxy/judge.hpp"
#include "proxy/log.hpp"
#include "proxy/proxy_protocol.hpp"

namespace opslb::tcp {
namespace {

/// False if the connection was only closed both ways. The kernel tells it once.
bool was_reset(const transport& stream) {
  int error = 0;
  socklen_t size = sizeof error;
  return ::getsockopt(stream.fd(), SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error != 0;
}

}  // namespace

crossing::crossing(client_connection& client)
    : client_(client),
      at_(client.at),
      rules_(client.at.current),
      mark_(client),
      moving_(*this),
      texts_(client.at.texts),
      bytes_before_(client.stream.bytes_read() - client.received.ready().size()),
      began_(at_.now()) {
  texts_->tries.clear();
  moving_.carries({}, began_);
  at_.under_way.push_back(moving_);
  record_.began = at_.wall_time(began_);  // by the clock on the wall as it was then
  record_.listener = client_.listener->lasting_name;
  client_.stream.watch_for_end([](void* self) { static_cast<crossing*>(self)->client_broke(); }, this);
  client_.tell_of_end(
      [](void* self) {
        auto& me = *static_cast<crossing*>(self);
        // A drain waits for it; a listener that is gone takes its connections with it.
        if (me.client_.listener->is_gone()) me.end(failure_cause::cut_by_us);
      },
      this);
}

crossing::~crossing() {
  client_.stream.watch_for_end(nullptr, nullptr);
  client_.tell_of_end(nullptr, nullptr);
}

task<> crossing::carry() {
  if (client_.listener->is_gone()) end(failure_cause::cut_by_us);
  if (client_.stream.is_broken()) end(failure_cause::client_gone);
  while (!is_over()) {
    pick_backend();
    const bool held = picked_.result == upstream::pick_result::none_up && tried_.none();
    if (held || picked_.result == upstream::pick_result::all_full) co_await wait_for_backend();
    if (picked_.result != upstream::pick_result::picked) {
      if (!is_over()) refuse();
      co_return;
    }
    if (record_.queued < 0) record_.queued = microseconds_so_far();
    if (!is_over()) co_await connect();
    if (backend_) co_await join_ends();
    give_place_back();
    if (backend_) co_return;
    tried_.set(picked_.index);
    if (is_over()) co_return;
    ++at_.counts.retries;
    ++moving_.backend()->retries;
  }
}

// Picking, and waiting for somebody to pick: as for a request.

void crossing::pick_backend() {
  const bool must_queue = rules_->bounded && at_.shared.room.anybody_waits();
  picked_ = rules_->by_source.choose(rules_->backends, tried_, client_.peer.client.address, at_.now());
  if (picked_.result == upstream::pick_result::picked && must_queue) {
    give_place_back();
    picked_.result = upstream::pick_result::all_full;
  }
}

task<> crossing::wait_for_backend() {
  const std::int64_t came = microseconds_so_far();
  for (;;) {
    upstream::stay here(at_.parts, at_.shared.room, *rules_, rules_->by_source, tried_, client_.peer.client.address,
                        picked_.result);
    here.has_waited(std::chrono::floor<milliseconds>(std::chrono::microseconds(microseconds_so_far() - came)));
    waiting_ = &here;
    picked_ = co_await here;
    waiting_ = nullptr;
    waiting_is_full_ = here.room_was_full();
    if (!here.was_sent_on() || is_over()) co_return;
    // The backends that it began with were all down, and are not in use any more.
    rules_ = at_.current;
    pick_backend();
    if (picked_.result == upstream::pick_result::picked) co_return;
  }
}

void crossing::give_place_back() {
  moving_.leaves();
  slot().leave();
  if (at_.shared.room.anybody_waits()) at_.shared.room.serve();
}

/// Nobody is there for it.
void crossing::refuse() {
  record_.end = why_unserved();
  refuse_connection(client_, refused_connection::tcp_unserved,
                    connect_failure_.empty() ? record_.end : connect_failure_);
  client_.stream.reset_on_close();
}

std::string_view crossing::why_unserved() const {
  if (waiting_is_full_) return "too many requests wait";
  if (picked_.result == upstream::pick_result::all_full) return "all hosts full";
  return tried_.any() ? to_text(failure_cause::connect_failed) : "no host up";
}

// One backend.

task<> crossing::connect() {
  const config& settings = rules_->settings;
  backend_counts& counts = slot().shared->counts.of(at_.number);
  record_.backend = slot().shared->lasting_name;
  moving_.goes_to(&counts);
  const auto began = at_.now();
  const std::string announcement = proxy_protocol::write(settings.send_proxy_protocol,
                                                         proxy_protocol::ends{client_.peer.client, client_.peer.local});
  ++counts.connects;
  upstream::connect_result result =
      co_await upstream::connect(at_.parts, slot().shared, settings.timeouts.connect, announcement, nullptr,
                                 connecting_, client_.listener->settings.tcp_port);
  record_.connect = std::chrono::duration_cast<std::chrono::microseconds>(at_.now() - began).count();
  if (result.made) {
    counts.took.connect.observe(record_.connect);
    at_.counts.took.connect.observe(record_.connect);
    backend_ = std::move(result.made);
    co_return;
  }
  note_try(result.reason);
  if (is_over()) co_return;
  connect_failure_ = result.reason;
  ++counts.connect_failures;
  at_.shared.suspect(slot().shared->health.get());
}

task<> crossing::join_ends() {
  transport& backend = backend_->stream;
  http1::body_reader client_says(client_.stream, client_.received);
  http1::body_writer client_hears(client_.stream);
  http1::body_reader backend_says(backend, backend_->received);
  http1::body_writer backend_hears(backend);
  client_hears.begin_tunnel();
  backend_hears.begin_tunnel();
  idle_clock clock(
      at_.parts.wheel, rules_->settings.timeouts.tunnel,
      [](void* self) { static_cast<crossing*>(self)->end(failure_cause::idle); }, this);
  client_.stream.set_idle_clock(&clock);
  backend.set_idle_clock(&clock);
  tunnel_ends ends{client_says, backend_hears, backend_says, client_hears};
  ends.who = this;
  ends.broke = [](void* self, tunnel_end which) {
    static_cast<crossing*>(self)->end(which == tunnel_end::client ? failure_cause::client_gone : failure_cause::died);
  };
  co_await tunnel(at_, ends);
  client_.stream.set_idle_clock(nullptr);
  backend.set_idle_clock(nullptr);
  note_try(to_text(cause_));
}

// Its end.

/// Ends it early: by a reset, so that neither end takes what it got for all there was. The first cause counts.
void crossing::end(failure_cause why) {
  if (!is_over()) cause_ = why;
  client_.stream.reset_on_close();
  client_.stream.interrupt(io_error::interrupted);
  if (waiting_ != nullptr) waiting_->give_up();
  if (connecting_ != nullptr) connecting_->stream.interrupt(io_error::interrupted);
  if (!backend_) return;
  backend_->stream.reset_on_close();
  backend_->stream.interrupt(io_error::interrupted);
}

/// Reset by the client, closed both ways, or broken off because timeouts.drain is over. What a client said that does not want
/// to know any more need not be delivered; what it said before it closed in order has to be.
void crossing::client_broke() {
  if (at_.shared.cutting.load(std::memory_order_relaxed)) return end(failure_cause::cut_by_us);
  if (was_reset(client_.stream)) end(failure_cause::client_gone);
}

// The log.

void crossing::note_try(std::string_view outcome) {
  texts_->tries.push_back({slot().shared->lasting_name, picked_.why, outcome});
}

std::int64_t crossing::microseconds_so_far() const {
  return std::chrono::duration_cast<std::chrono::microseconds>(at_.now() - began_).count();
}

std::uint64_t crossing::bytes_in() const {
  return client_.stream.bytes_read() - client_.received.ready().size() - bytes_before_;
}

void crossing::log() {
  moving_.count_bytes(at_.counts);
  if (rules_->settings.access_log.path == "off") return;
  record_.bytes_in = bytes_in();
  record_.bytes_out = record_.body_out = bytes_out();
  if (record_.end.empty()) record_.end = to_text(cause_);
  record_.total = microseconds_so_far();
  const request_text no_text;
  const seen_target no_target;
  const access_log::record line{
      .facts = record_,
      .text = no_text,
      .target = no_target,
      .client = client_.peer.client_text,
      .tries = texts_->tries,
      .is_raw_tcp = true,
  };
  if (rules_->settings.access_log.combined) {
    at_.access_lines.add_combined(line);
  } else {
    at_.access_lines.add_json(line);
  }
  if (at_.access_lines.size() >= many_lines) hand_over_lines(at_);
}

}  // namespace opslb::tcp
