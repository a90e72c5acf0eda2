// /_sim/ws: sends every WebSocket message back. By Beast, from the bytes of the request that have already been read.
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>

#include "tests/support/simulator/routes.hpp"

namespace opslb::simulator {
namespace {

namespace websocket = boost::beast::websocket;

bool asks_for_websocket(const request& head) {
  return lists(head.header("Connection"), "upgrade") && same_name(head.header("Upgrade"), "websocket");
}

}  // namespace

awaitable<void> answer_websocket(exchange& e) {
  if (!asks_for_websocket(e.head)) {
    co_await send(e, api_error(400, "NO_WEBSOCKET", "This resource speaks WebSocket only."));
    co_return;
  }
  e.keep_alive = false;
  websocket::stream<tcp_socket&> stream(e.client.socket());
  const auto lines = e.ops.wanted().name;
  stream.set_option(websocket::stream_base::decorator(
      [lines](websocket::response_type& response) { response.set("X-Ops-Host", lines); }));

  std::string received = e.head.raw;
  received += e.client.ready();
  e.client.consume(e.client.ready().size());
  const auto [accept_ec] = co_await stream.async_accept(asio::buffer(received), as_values{});
  if (accept_ec) co_return;

  boost::beast::flat_buffer message;
  while (true) {
    const auto [read_ec, read] = co_await stream.async_read(message, as_values{});
    if (read_ec) co_return;
    stream.text(stream.got_text());
    const auto [write_ec, written] = co_await stream.async_write(message.data(), as_values{});
    if (write_ec) co_return;
    message.consume(message.size());
  }
}

}  // namespace opslb::simulator
