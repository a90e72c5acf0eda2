#include "proxy/tunnel.hpp"

#include "proxy/turn.hpp"

namespace opslb {
namespace {

void end_both(exchange& client, transport& backend) {
  client.interrupt(io_error::interrupted);
  backend.interrupt(io_error::interrupted);
}

/// From the client, until it closes. A FIN is passed on; anything worse ends both directions.
task<> pump_up(reactor& io, exchange& client, transport& backend) {
  body_source& from = client.request_body();
  turn mine;
  for (;;) {
    const std::string_view bytes = from.ready();
    if (!bytes.empty()) {
      const io_error error = co_await backend.write(bytes);
      if (error != io_error::none) break;
      const std::uint64_t moved = bytes.size();
      from.consume(moved);
      if (mine.is_over(turn::operation + moved)) co_await io.yield();
      continue;
    }
    if (from.is_done()) {
      backend.close_write();
      co_return;
    }
    const body_error error = co_await from.fill();
    if (error != body_error::none) break;
  }
  end_both(client, backend);
}

/// The same from the backend.
task<> pump_down(reactor& io, transport& backend, buffer& bytes, exchange& client) {
  body_sink& to = client.response();
  turn mine;
  for (;;) {
    if (!bytes.empty()) {
      const io_error error = co_await to.write(bytes.ready());
      if (error != io_error::none) break;
      const std::uint64_t moved = bytes.ready().size();
      bytes.consume(moved);
      if (mine.is_over(turn::operation + moved)) co_await io.yield();
    }
    const io_error error = co_await backend.read(bytes);
    if (error == io_error::none) continue;
    if (error != io_error::end_of_stream) break;
    const io_error ended = co_await to.finish({});
    if (ended != io_error::none) break;
    co_return;
  }
  end_both(client, backend);
}

}  // namespace

task<> tunnel(reactor& io, exchange& client, transport& backend, buffer& from_backend) {
  child upwards;
  upwards.start(pump_up(io, client, backend));
  co_await pump_down(io, backend, from_backend, client);
  co_await upwards.join();
}

}  // namespace opslb
