// The HTTP/1 implementation of exchange: one request on a client's connection and the response to it. Lives in the frame
// of the coroutine that serves the request; owns nothing of the connection. One thread.
#pragma once

#include <string>

#include "headers/rewrite.hpp"
#include "proxy/client_connection.hpp"
#include "proxy/exchange.hpp"
#include "proxy/http1/body_reader.hpp"
#include "proxy/http1/body_writer.hpp"

namespace opslb::http1 {

class client_exchange final : public exchange {
 public:
  /// `head_text` is memory for response heads. `head_size`: bytes of the request head, already consumed.
  client_exchange(client_connection& client, const headers::request_head& head, const headers::body_framing& body,
                  headers::chunked_decoder::limits trailer_limits, std::size_t head_size, bool keep_alive,
                  std::string& head_text);

  const headers::request_head& head() const override { return head_; }
  body_source& request_body() override { return body_; }
  void begin_response(const headers::response_head& head, const headers::response_facts& facts,
                      std::string_view request_id, bool ends_connection) override;
  body_sink& response() override { return writer_; }
  task<io_error> interim(const headers::response_head& head, const headers::response_facts& facts) override;
  void cut() override;
  void interrupt(io_error why) override { client_.stream.interrupt(why); }
  void clear_interrupt() override { client_.stream.clear_interrupt(); }
  void watch_for_end(void (*notify)(void*), void* who) override { client_.stream.watch_for_end(notify, who); }
  bool is_gone() const override { return client_.stream.is_broken(); }
  void set_idle_clock(idle_clock* clock) override { client_.stream.set_idle_clock(clock); }
  void begin_tunnel() override;
  std::uint64_t bytes_in() const override { return consumed() - before_in_; }
  std::uint64_t bytes_out() const override { return client_.stream.bytes_written() - before_out_; }

  /// After the exchange: the connection can take another request.
  bool may_go_on() { return !ends_connection_ && body_.is_done(); }

 private:
  /// Bytes of the connection that were used so far.
  std::uint64_t consumed() const { return client_.stream.bytes_read() - client_.received.ready().size(); }

  client_connection& client_;
  const headers::request_head& head_;
  std::string& head_text_;
  bool keep_alive_;              ///< the client wants to keep the connection
  bool ends_connection_ = true;  ///< until a response said otherwise
  bool until_close_ = false;
  std::uint64_t before_in_;
  std::uint64_t before_out_;
  body_reader body_;
  body_writer writer_;
};

}  // namespace opslb::http1
