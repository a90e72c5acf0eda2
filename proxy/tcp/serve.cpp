#include "proxy/tcp/serve.hpp"

#include "proxy/tcp/crossing.hpp"

namespace opslb::tcp {

task<> serve(client_connection& client) {
  client.timer.disarm();
  if (client.over_limit) {
    // There are no words for it here. A FIN would look like a conversation in which nobody had anything to say.
    client.stream.reset_on_close();
    co_return;
  }
  crossing way(client);
  co_await way.carry();
  way.log();
}

}  // namespace opslb::tcp
