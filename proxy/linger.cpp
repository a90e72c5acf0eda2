#include "proxy/linger.hpp"

#include "proxy/turn.hpp"

namespace opslb {
namespace {

constexpr auto linger_time = std::chrono::seconds(5);

}  // namespace

task<> linger(client_connection& client) {
  client.stream.close_write();
  client.timer.expire_after(linger_time);
  turn mine;
  for (;;) {
    const std::uint64_t dropped = client.received.ready().size();
    client.received.consume(dropped);
    if (mine.is_over(turn::operation + dropped)) co_await client.at.parts.io.yield();
    const io_error error = co_await client.stream.read(client.received);
    if (error != io_error::none) co_return;
  }
}

}  // namespace opslb
