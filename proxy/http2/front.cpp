#include "proxy/http2/front.hpp"

#include <utility>

namespace opslb::http2 {
namespace {

/// What goes into one system call. Against 32 KiB this takes 15 % off a download over TLS; 128 KiB are too much for the caches.
constexpr std::size_t batch = 64 * 1024;
/// How long a client may take to hear of the end, before the last stream is named all the same.
constexpr auto goodbye_time = std::chrono::seconds(1);
/// How long after an early answer the client is told to keep the rest of its request. At once, some clients (curl 7.88)
/// take the reset for a failure and never look at the answer.
constexpr auto leftover_time = std::chrono::milliseconds(200);
/// How long the last bytes may take that a client still has to get.
constexpr auto last_bytes_time = std::chrono::seconds(5);

field_block::limits head_limits(const config& settings) {
  return {settings.limits.head_bytes, settings.limits.header_count};
}

}  // namespace

front::front(client_connection& of)
    : client(of),
      frames(head_limits(of.at.current->settings), of.at.parts.buffers, of.at.now()),
      output_(of.at.parts.io),
      no_stream_(of.at.parts.io),
      goodbye_(
          of.at.parts.wheel,
          [](void* self) {
            static_cast<front*>(self)->frames.name_last_stream();
            static_cast<front*>(self)->take_output();
          },
          this),
      leftovers_(
          of.at.parts.wheel,
          [](void* self) {
            static_cast<front*>(self)->frames.reset_leftovers();
            static_cast<front*>(self)->take_output();
          },
          this),
      setup_(
          of.at.parts.wheel,
          [](void* self) { static_cast<front*>(self)->client.stream.interrupt(io_error::timed_out); }, this) {
  ++of.at.counts.http2_connections;
  of.stream.watch_for_end([](void* self) { static_cast<front*>(self)->lost(); }, this);
  of.tell_of_end([](void* self) { static_cast<front*>(self)->close_soon(); }, this);
  setup_.expire_after(of.at.current->settings.timeouts.request_head);
}

front::~front() {
  client.tell_of_end(nullptr, nullptr);
  client.stream.watch_for_end(nullptr, nullptr);
  if (holds_drain_) client.at.shared.busy.fetch_sub(1, std::memory_order_relaxed);
}

bool front::receive(std::string_view bytes) {
  frames.limit_heads(head_limits(client.at.current->settings));
  return frames.receive(bytes, client.at.now());
}

// Writing.

void front::start() {
  take_output();
  writer_.start(write_all());
}

void front::take_output() {
  if (frames.has_output()) {
    if (!next_) {
      next_ = client.at.frames.take();
      next_->clear();
    }
    if (next_->size() < batch) frames.collect(*next_, batch);
    if (next_->empty()) client.at.frames.put_back(std::move(next_));
  }
  if (next_) output_.open();
}

task<> front::write_all() {
  for (;;) {
    const bool wrote = co_await write_batch();
    if (!wrote) break;
    take_output();
    if (next_) continue;
    settle();
    if (stops_writing_) break;
    co_await output_.wait();
  }
  settle();
}

/// False: the connection takes no more.
task<bool> front::write_batch() {
  if (!next_) co_return true;
  std::unique_ptr<std::string> now = std::exchange(next_, nullptr);
  writing_ = true;
  const io_error error = co_await client.stream.write(*now);
  writing_ = false;
  client.at.frames.put_back(std::move(now));
  if (error != io_error::none) lost();
  co_return error == io_error::none;
}

task<> front::finish_writing() {
  stops_writing_ = true;
  client.timer.expire_after(last_bytes_time);
  take_output();
  output_.open();
  co_await writer_.join();
  client.timer.disarm();
}

// Streams.

void front::stream_begins() {
  ++serving_;
  is_kept_alive_ = false;
  client.at.shared.busy.fetch_add(1, std::memory_order_relaxed);
  client.timer.disarm();
  note_idleness();
}

void front::stream_ends(stream& which) {
  frames.release(which);
  take_output();
  --serving_;
  note_idleness();
  client.at.shared.busy.fetch_sub(1, std::memory_order_relaxed);
  if (!leftovers_.is_armed() && frames.has_leftovers()) leftovers_.expire_after(leftover_time);
  if (serving_ == 0) no_stream_.open();
  settle();
}

task<> front::streams_end() {
  while (serving_ != 0) co_await no_stream_.wait();
}

void front::lost() {
  frames.lost();
  output_.open();
}

// The end.

void front::close_soon() {
  if (frames.is_ending()) return;
  frames.announce_end();
  goodbye_.expire_after(goodbye_time);
  take_output();
  note_idleness();
}

void front::settle() {
  const timeout_config& timeouts = client.at.current->settings.timeouts;
  if (frames.has_named_last_stream()) goodbye_.disarm();
  // A client that waits for an answer may be too busy to read meanwhile, and its streams have clocks of their own.
  const bool owes_acknowledgement = !frames.is_acknowledged() && serving_ == 0;
  const bool waits_for_settings = !frames.has_settings() || owes_acknowledgement;
  const std::uint64_t head = frames.unfinished_head();
  if (!waits_for_settings && head == 0) {
    setup_.disarm();
  } else if (!setup_.is_armed() || (!waits_for_settings && head != timed_head_)) {
    setup_.expire_after(timeouts.request_head);
  }
  timed_head_ = head;
  if (serving_ == 0 && frames.has_settings() && !is_kept_alive_ && !stops_writing_) {
    is_kept_alive_ = true;
    client.timer.expire_after(timeouts.keep_alive);
  }
  note_idleness();
  // Wakes who reads.
  if (is_read_ && frames.is_over() && !next_ && !writing_) client.stream.interrupt(io_error::interrupted);
}

/// A drain must not close a connection whose last bytes are still here, nor before the client heard of it.
void front::note_idleness() {
  const bool has_output = next_ || writing_ || (frames.has_output() && serving_ == 0);
  const bool says_goodbye = frames.is_ending() && !frames.has_named_last_stream();
  const bool holds = serving_ == 0 && (has_output || says_goodbye);
  client.idle = serving_ == 0 && !holds;
  if (holds == holds_drain_) return;
  holds_drain_ = holds;
  if (holds) {
    client.at.shared.busy.fetch_add(1, std::memory_order_relaxed);
  } else {
    client.at.shared.busy.fetch_sub(1, std::memory_order_relaxed);
  }
}

}  // namespace opslb::http2
