// The HTTP/2 implementation of exchange: one stream of a client's connection. Waits for what the session has for the stream,
// or takes off it. Lives in the frame of the coroutine that serves the stream. One thread.
#pragma once

#include <vector>

#include "proxy/exchange.hpp"
#include "proxy/http2/front.hpp"

namespace opslb::http2 {

class stream_exchange final : public exchange, private stream_events, private body_source, private body_sink {
 public:
  /// `body`: what the head says of the request's body.
  stream_exchange(front& on, stream& of, const headers::request_head& head, const headers::body_framing& body);
  ~stream_exchange() override;

  const headers::request_head& head() const override { return head_; }
  body_source& request_body() override { return *this; }
  void begin_response(const headers::response_head& head, const headers::response_facts& facts,
                      std::string_view request_id, bool ends_connection) override;
  body_sink& response() override { return *this; }
  task<io_error> interim(const headers::response_head& head, const headers::response_facts& facts) override;
  void cut() override;
  void interrupt(io_error why) override;
  void clear_interrupt() override { interrupted_ = io_error::none; }
  void watch_for_end(void (*notify)(void*), void* who) override;
  bool is_gone() const override { return !of_.is_open && !of_.response_is_whole; }
  void set_idle_clock(idle_clock* clock) override { clock_ = clock; }
  void begin_tunnel() override;
  std::uint64_t bytes_in() const override { return of_.bytes_in; }
  std::uint64_t bytes_out() const override { return of_.bytes_out; }

 private:
  // The request's body.
  std::string_view ready() override { return of_.body.front(); }
  void consume(std::size_t size) override;
  bool is_done() override { return of_.body.empty() && (of_.request_is_whole || unread_ == 0); }
  body_error error() const override;
  task<body_error> fill() override;
  const std::vector<headers::field>& trailers() const override;

  // The response's.
  task<io_error> write(std::string_view bytes) override;
  task<io_error> flush() override;
  task<io_error> finish(const std::vector<headers::field>& trailers) override;

  // What the session has to say.
  void input_came(std::size_t bytes) override;
  void output_went(std::size_t bytes) override;
  void closed() override;

  void send_head();
  bool has_framed() const;
  task<io_error> wait_for_frames();

  front& on_;
  stream& of_;
  const headers::request_head& head_;
  std::uint64_t
      unread_;  ///< of a request body whose length is known; its last byte is its end, END_STREAM may come later
  gate input_;
  gate output_;
  io_error interrupted_ = io_error::none;
  bool ran_out_of_time_ = false;
  idle_clock* clock_ = nullptr;
  void (*notify_)(void*) = nullptr;
  void* notify_who_ = nullptr;
  mutable std::vector<headers::field> trailers_;
};

}  // namespace opslb::http2
