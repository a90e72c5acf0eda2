#include "proxy/tunnel.hpp"

#include "proxy/turn.hpp"

namespace opslb {
namespace {

/// One direction, until its sender closes. A FIN is passed on; anything worse ends both directions.
task<> pump(reactor& io, transport& from, buffer& bytes, transport& to) {
  turn mine;
  for (;;) {
    if (!bytes.empty()) {
      const io_error error = co_await to.write(bytes.ready());
      if (error != io_error::none) break;
      const std::uint64_t moved = bytes.ready().size();
      bytes.consume(moved);
      if (mine.is_over(turn::operation + moved)) co_await io.yield();
    }
    const io_error error = co_await from.read(bytes);
    if (error == io_error::none) continue;
    if (error != io_error::end_of_stream) break;
    to.close_write();
    co_return;
  }
  from.interrupt(io_error::interrupted);
  to.interrupt(io_error::interrupted);
}

}  // namespace

task<> tunnel(reactor& io, transport& client, buffer& from_client, transport& backend, buffer& from_backend) {
  child upstream;
  upstream.start(pump(io, client, from_client, backend));
  co_await pump(io, backend, from_backend, client);
  co_await upstream.join();
}

}  // namespace opslb
