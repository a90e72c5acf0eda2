// Two ends joined: bytes both ways until both have closed, or one broke. For upgraded connections, whose client may speak
// HTTP/2, and for raw TCP. Bytes between two plain connections stay in the kernel once many come. The idle clock that both
// ends carry ends it from outside. One thread.
#pragma once

#include "proxy/exchange.hpp"
#include "proxy/lane.hpp"
#include "proxy/task.hpp"

namespace opslb {

enum class tunnel_end : std::uint8_t { client, backend };

/// What a tunnel joins. The end of a source stands for a FIN, and finish() of a sink passes one on. All of it outlives the
/// tunnel.
struct tunnel_ends {
  body_source& client_says;
  body_sink& backend_hears;
  body_source& backend_says;
  body_sink& client_hears;
  /// One end did not close in order. To interrupt whatever waits at either; may be called for both directions.
  void (*broke)(void* who, tunnel_end which) = nullptr;
  void* who = nullptr;
};

/// Returns when both directions are over.
task<> tunnel(lane& at, const tunnel_ends& of);

}  // namespace opslb
