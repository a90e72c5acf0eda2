// The HTTP/1 conversation with one client: requests one after the other, each parsed, checked, taken along a passage, until
// one side wants to end. One thread.
#pragma once

#include "proxy/client_connection.hpp"
#include "proxy/task.hpp"
#include "proxy/turn.hpp"

namespace opslb::http1 {

/// What is known of the requests that a connection has had.
struct conversation {
  bool has_begun = false;
  turn mine;
};

/// Serves the request whose first bytes have come, and those that came with it. False: that was the last one, and the
/// connection's end has been seen to. True: the client has time to send another, until the timer expires. The timer is
/// armed with request_head for the first one.
task<bool> serve_next(client_connection& client, conversation& of);

}  // namespace opslb::http1
