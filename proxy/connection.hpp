// One accepted connection from its first byte to its last: the PROXY header, then the protocol it speaks. One thread.
#pragma once

#include <list>

#include "proxy/client_connection.hpp"
#include "proxy/task.hpp"

namespace opslb {

/// The connections of a worker.
using connection_list = std::list<client_connection*>;

/// Takes over an accepted socket. `local`: what the listener is bound to. In `known` while it lives.
task<> serve_connection(lane& at, std::shared_ptr<const listener_info> listener, int fd, headers::endpoint peer,
                        headers::endpoint local, connection_list& known);

}  // namespace opslb
