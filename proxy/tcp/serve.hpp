// Raw TCP on a listener with `tcp_port`, as for queryable backups: one connection of a client and one to that port of a
// healthy backend, joined. Nothing of what passes is read. One thread.
#pragma once

#include "proxy/client_connection.hpp"
#include "proxy/task.hpp"

namespace opslb::tcp {

/// From the PROXY header, where there was one, to the line in the access log. Who gets no backend is reset.
task<> serve(client_connection& client);

}  // namespace opslb::tcp
