// The beginning of a connection on a listener that speaks TLS, behind the PROXY header where there is one. One thread.
#pragma once

#include "proxy/client_connection.hpp"
#include "proxy/task.hpp"

namespace opslb {

/// Shakes hands if the listener speaks TLS, within the time for the first request's head. True: the connection may go on;
/// one whose client speaks plain HTTP is marked so, to be told. False: it has ended, with the cause counted and logged.
task<bool> secure(client_connection& client);

}  // namespace opslb
