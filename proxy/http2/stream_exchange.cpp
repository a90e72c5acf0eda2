#include "proxy/http2/stream_exchange.hpp"

#include "proxy/http2/request_fields.hpp"
#include "proxy/http2/response_fields.hpp"

namespace opslb::http2 {

using headers::body_kind;

stream_exchange::stream_exchange(front& on, stream& of, const headers::request_head& head,
                                 const headers::body_framing& body)
    : on_(on),
      of_(of),
      head_(head),
      unread_(body.kind == body_kind::length ? body.length : stream::no_length),
      input_(on.client.at.parts.io),
      output_(on.client.at.parts.io) {
  of_.events = this;
}

stream_exchange::~stream_exchange() { of_.events = nullptr; }

// The request's body.

void stream_exchange::consume(std::size_t size) {
  of_.body.consume(size);
  if (unread_ != stream::no_length) unread_ -= size;  // nghttp2 lets no more come than Content-Length says
  on_.frames.consumed(of_, size);
  on_.take_output();  // perhaps a WINDOW_UPDATE
}

body_error stream_exchange::error() const {
  return of_.trailers.overflows() ? body_error::malformed : body_error::none;
}

task<body_error> stream_exchange::fill() {
  for (;;) {
    if (interrupted_ != io_error::none) co_return to_body_error(interrupted_);
    if (!of_.body.empty() || is_done()) co_return body_error::none;
    if (!of_.is_open) co_return body_error::reset;
    co_await input_.wait();
  }
}

const std::vector<headers::field>& stream_exchange::trailers() const {
  to_trailers(of_.trailers, trailers_);
  return trailers_;
}

void stream_exchange::input_came(std::size_t) {
  if (clock_ != nullptr) clock_->moved();
  input_.open();
}

// The response.

void stream_exchange::begin_response(const headers::response_head& head, const headers::response_facts& facts,
                                     std::string_view request_id, bool) {
  if (of_.head_is_sent) return;
  of_.response_has_body = facts.body.kind != body_kind::none || facts.switches_protocols;
  of_.left = facts.body.kind == body_kind::length ? facts.body.length : stream::no_length;
  of_.response_head.clear();
  to_response_fields(head, facts, request_id, on_.client.hsts(), of_.response_head);
}

task<io_error> stream_exchange::interim(const headers::response_head& head, const headers::response_facts& facts) {
  if (interrupted_ != io_error::none) co_return interrupted_;
  if (!of_.is_open) co_return io_error::reset;
  field_block block;
  to_response_fields(head, facts, {}, {}, block);
  on_.frames.send_interim(of_, block);
  on_.take_output();
  co_return co_await wait_for_frames();
}

void stream_exchange::send_head() {
  if (!of_.head_is_sent) on_.frames.send_head(of_);
}

/// Nothing is left that was given to interim(), write() or finish().
bool stream_exchange::has_framed() const {
  return of_.pending.empty() && !of_.interim_waits && (!of_.ends_after_pending || of_.response_is_whole);
}

task<io_error> stream_exchange::write(std::string_view bytes) {
  if (interrupted_ != io_error::none) co_return interrupted_;
  if (!of_.is_open) co_return io_error::reset;
  send_head();
  of_.pending = bytes;
  on_.frames.body_is_ready(of_);
  on_.take_output();
  co_return co_await wait_for_frames();
}

task<io_error> stream_exchange::wait_for_frames() {
  while (!has_framed()) {
    if (interrupted_ != io_error::none || !of_.is_open) {
      of_.pending = {};  // its owner goes on
      co_return interrupted_ != io_error::none ? interrupted_ : io_error::reset;
    }
    co_await output_.wait();
  }
  co_return io_error::none;
}

task<io_error> stream_exchange::flush() {
  if (interrupted_ != io_error::none) co_return interrupted_;
  if (!of_.is_open) co_return io_error::reset;
  if (of_.response_has_body) send_head();
  on_.take_output();
  co_return io_error::none;
}

task<io_error> stream_exchange::finish(const std::vector<headers::field>& trailers) {
  if (of_.response_is_whole) co_return io_error::none;
  if (interrupted_ != io_error::none) co_return interrupted_;
  if (!of_.is_open) co_return io_error::reset;
  to_response_trailers(trailers, of_.response_trailers);
  of_.ends_after_pending = true;
  send_head();
  on_.frames.body_is_ready(of_);
  on_.take_output();
  co_return co_await wait_for_frames();
}

void stream_exchange::output_went(std::size_t) {
  if (clock_ != nullptr) clock_->moved();
  if (has_framed()) output_.open();
}

// The end.

void stream_exchange::begin_tunnel() {
  of_.is_tunnel = true;
  of_.left = stream::no_length;
}

void stream_exchange::cut() {
  if (of_.response_is_whole && (of_.request_is_whole || !of_.is_tunnel)) return;
  const bool is_late = ran_out_of_time_ || of_.is_tunnel;
  on_.frames.reset(of_, is_late ? error_code::cancel : error_code::internal_error);
  on_.take_output();
}

void stream_exchange::interrupt(io_error why) {
  interrupted_ = why;
  ran_out_of_time_ = ran_out_of_time_ || why == io_error::timed_out;
  input_.open();
  output_.open();
}

void stream_exchange::watch_for_end(void (*notify)(void*), void* who) {
  notify_ = notify;
  notify_who_ = who;
}

void stream_exchange::closed() {
  input_.open();
  output_.open();
  if (is_gone() && notify_ != nullptr) notify_(notify_who_);
}

}  // namespace opslb::http2
