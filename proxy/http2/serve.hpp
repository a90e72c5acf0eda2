// HTTP/2 on a client's connection, from its preface to its end. One thread.
#pragma once

#include "proxy/client_connection.hpp"
#include "proxy/task.hpp"

namespace opslb::http2 {

task<> serve(client_connection& client);

}  // namespace opslb::http2
