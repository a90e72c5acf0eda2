// A client's exchange and a backend's connection joined after an upgrade: bytes both ways until both sides have closed, or
// one broke. The idle clock that both carry ends it from outside. One thread.
#pragma once

#include "proxy/exchange.hpp"
#include "proxy/task.hpp"
#include "proxy/transport.hpp"

namespace opslb {

/// `client` is in its tunnel already; `from_backend` holds what the backend sent behind its 101.
task<> tunnel(reactor& io, exchange& client, transport& backend, buffer& from_backend);

}  // namespace opslb
