#include "proxy/tunnel.hpp"

namespace opslb {
namespace {

/// Bytes that one direction may move before others get their turn.
constexpr std::uint64_t fair_share = 1024 * 1024;

/// One direction, until its sender closes. A FIN is passed on; anything worse ends both directions.
task<> pump(reactor& io, transport& from, buffer& bytes, transport& to) {
  std::uint64_t moved = 0;
  for (;;) {
    if (!bytes.empty()) {
      const io_error error = co_await to.write(bytes.ready());
      if (error != io_error::none) break;
      moved += bytes.ready().size();
      bytes.consume(bytes.ready().size());
    }
    if (moved >= fair_share) {
      moved = 0;
      co_await io.yield();
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
