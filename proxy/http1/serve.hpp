// The HTTP/1 conversation with one client: requests one after the other, each parsed, checked, handed to forward(), until
// one side wants to end. One thread.
#pragma once

#include "proxy/client_connection.hpp"
#include "proxy/task.hpp"

namespace opslb::http1 {

/// Returns when the connection is to be closed. The timer is armed with request_head already.
task<> serve(client_connection& client);

}  // namespace opslb::http1
