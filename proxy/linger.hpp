// The end of a client's connection, so that the client gets to read the last answer. One thread.
#pragma once

#include "proxy/client_connection.hpp"
#include "proxy/task.hpp"

namespace opslb {

/// RFC 9112 9.6: closes in stages. Sends a FIN, then drops what still comes, for a while or until the client closes too: a
/// reset, which unread bytes would cause, must not overtake the last answer.
task<> linger(client_connection& client);

}  // namespace opslb
