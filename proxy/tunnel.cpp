#include "proxy/tunnel.hpp"

#include "proxy/splice.hpp"
#include "proxy/turn.hpp"

namespace opslb {
namespace {

/// Who says so much at once has more to say: it goes on inside the kernel. Short messages, as of a conversation, are cheaper
/// to copy.
constexpr std::size_t much = 2 * buffer_pool::block_size;

struct direction {
  body_source& from;
  body_sink& to;
  tunnel_end sayer;
  tunnel_end hearer;
};

/// Until the sayer closes. A FIN is passed on; of anything worse `of` is told.
task<> pump(lane& at, direction way, const tunnel_ends& of) {
  turn mine;
  bool says_much = false;
  for (;;) {
    const std::string_view bytes = way.from.ready();
    if (!bytes.empty()) {
      const io_error error = co_await way.to.write(bytes);
      if (error != io_error::none) co_return of.broke(of.who, way.hearer);
      const std::uint64_t moved = bytes.size();
      way.from.consume(moved);
      says_much = moved >= much;
      if (mine.is_over(turn::operation + moved)) co_await at.parts.io.yield();
      continue;
    }
    if (way.from.is_done()) {
      const io_error error = co_await way.to.finish({});
      if (error != io_error::none) of.broke(of.who, way.hearer);
      co_return;
    }
    if (says_much && can_splice(way.from, way.to)) {
      std::uint64_t count = 0;
      bool waits = false;
      const carried end = co_await splice(at.parts, at.pipes, way.from, way.to, count, waits);
      if (end.failed()) co_return of.broke(of.who, end.sink != io_error::none ? way.hearer : way.sayer);
    }
    const body_error error = co_await way.from.fill();
    if (error != body_error::none) co_return of.broke(of.who, way.sayer);
  }
}

}  // namespace

task<> tunnel(lane& at, const tunnel_ends& of) {
  const direction up{of.client_says, of.backend_hears, tunnel_end::client, tunnel_end::backend};
  const direction down{of.backend_says, of.client_hears, tunnel_end::backend, tunnel_end::client};
  child upwards;
  upwards.start(pump(at, up, of));
  co_await pump(at, down, of);
  co_await upwards.join();
}

}  // namespace opslb
