// Two connections joined after an upgrade: bytes both ways until both sides have closed, or one broke. The idle clock that
// the transports carry ends it from outside. One thread.
#pragma once

#include "proxy/task.hpp"
#include "proxy/transport.hpp"

namespace opslb {

/// The buffers hold what either side sent already.
task<> tunnel(reactor& io, transport& client, buffer& from_client, transport& backend, buffer& from_backend);

}  // namespace opslb
