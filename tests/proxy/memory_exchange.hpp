// An exchange without a client: the request's body comes from a list of pieces, the response is collected. Shows that the
// relay needs no more of a client than the interface says.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "headers/rewrite.hpp"
#include "proxy/exchange.hpp"

namespace opslb {

/// Hands out one piece per fill(), then ends, or breaks off with `end`.
class memory_source final : public body_source {
 public:
  explicit memory_source(std::deque<std::string> pieces, body_error end = body_error::none)
      : pieces_(std::move(pieces)),
        end_(end) {}

  std::string_view ready() override { return now_; }
  void consume(std::size_t size) override { now_.erase(0, size); }
  bool is_done() override { return now_.empty() && pieces_.empty() && end_ == body_error::none; }
  body_error error() const override { return body_error::none; }
  task<body_error> fill() override {
    if (pieces_.empty()) co_return end_;
    now_ = std::move(pieces_.front());
    pieces_.pop_front();
    co_return body_error::none;
  }
  const std::vector<headers::field>& trailers() const override { return trailers_; }

 private:
  std::deque<std::string> pieces_;
  body_error end_;
  std::string now_;
  std::vector<headers::field> trailers_;
};

class memory_sink final : public body_sink {
 public:
  std::string body;
  bool finished = false;
  io_error fails_with = io_error::none;

  task<io_error> write(std::string_view bytes) override {
    if (fails_with == io_error::none) body.append(bytes);
    co_return fails_with;
  }
  task<io_error> flush() override { co_return fails_with; }
  task<io_error> finish(const std::vector<headers::field>&) override {
    finished = true;
    co_return fails_with;
  }
};

class memory_exchange final : public exchange {
 public:
  memory_exchange(headers::method verb, memory_source body) : source(std::move(body)) { head_.verb = verb; }

  memory_source source;
  memory_sink sink;
  unsigned status = 0;
  bool ended_connection = false;
  std::vector<unsigned> interims;
  bool was_cut = false;

  const headers::request_head& head() const override { return head_; }
  body_source& request_body() override { return source; }
  void begin_response(const headers::response_head& head, const headers::response_facts&, std::string_view,
                      bool ends_connection) override {
    status = head.status;
    ended_connection = ends_connection;
  }
  body_sink& response() override { return sink; }
  task<io_error> interim(const headers::response_head& head, const headers::response_facts&) override {
    interims.push_back(head.status);
    co_return io_error::none;
  }
  void cut() override { was_cut = true; }
  void interrupt(io_error) override {}
  void clear_interrupt() override {}
  void watch_for_end(void (*)(void*), void*) override {}
  bool is_gone() const override { return false; }
  void set_idle_clock(idle_clock*) override {}
  void begin_tunnel() override {}
  std::uint64_t bytes_in() const override { return 0; }
  std::uint64_t bytes_out() const override { return sink.body.size(); }

 private:
  headers::request_head head_;
};

}  // namespace opslb
