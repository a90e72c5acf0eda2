// One accepted connection from its first byte to its last: the PROXY header, then the protocol it speaks. One thread.
#pragma once

#include "proxy/client_connection.hpp"
#include "proxy/task.hpp"

namespace opslb {

/// A socket that was just accepted, and where it belongs.
struct accepted_socket {
  lane& at;
  const std::shared_ptr<const listener_info>& listener;
  connection_list& known;
  int fd;
  headers::endpoint peer;
  headers::endpoint bound;  ///< what the listener is bound to
};

/// Serves the connection, which ends by itself. In `known` while it lives; `socket` is looked at only now.
coroutine::detached serve_connection(const accepted_socket& socket);

}  // namespace opslb
