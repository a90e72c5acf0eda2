#include "proxy/http1/client_exchange.hpp"

namespace opslb::http1 {

using headers::body_kind;
using headers::http_version;

client_exchange::client_exchange(client_connection& client, const headers::request_head& head,
                                 const headers::body_framing& body, headers::chunked_decoder::limits trailer_limits,
                                 std::size_t head_size, bool keep_alive, std::string& head_text)
    : client_(client),
      head_(head),
      head_text_(head_text),
      keep_alive_(keep_alive),
      before_in_(consumed() - head_size),
      before_out_(client.stream.bytes_written()),
      body_(client.stream, client.received, body, trailer_limits),
      writer_(client.stream) {}

void client_exchange::begin_response(const headers::response_head& head, const headers::response_facts& facts,
                                     std::string_view request_id, bool ends_connection) {
  headers::client_side side;
  side.version = head_.version;
  side.hsts = client_.hsts();
  side.body = facts.body.kind;
  if (side.body == body_kind::chunked || side.body == body_kind::until_close) {
    // RFC 9112 6.1: no chunks for a client that did not say HTTP/1.1.
    side.body = head_.version == http_version::http_1_0 ? body_kind::until_close : body_kind::chunked;
  }
  until_close_ = side.body == body_kind::until_close;
  ends_connection_ = ends_connection || until_close_ || !keep_alive_ || client_.is_closing();
  side.keep_alive = !ends_connection_;
  side.announce_keep_alive = !ends_connection_ && head_.version == http_version::http_1_0;
  writer_.begin(headers::to_client(head, facts, side, request_id, head_text_), side.body == body_kind::chunked);
}

task<io_error> client_exchange::interim(const headers::response_head& head, const headers::response_facts& facts) {
  // RFC 9110 15.2: a 1xx must not be sent to an HTTP/1.0 client.
  if (head_.version == http_version::http_1_0) co_return io_error::none;
  const std::string_view text = headers::to_client(head, facts, {}, {}, head_text_);
  co_return co_await client_.stream.write(text);
}

void client_exchange::begin_tunnel() {
  body_.take_rest();
  writer_.begin_tunnel();
}

void client_exchange::cut() {
  ends_connection_ = true;
  // A body that ends with the connection would look complete after a FIN.
  if (until_close_) client_.stream.reset_on_close();
  client_.stream.interrupt(io_error::interrupted);
}

}  // namespace opslb::http1
