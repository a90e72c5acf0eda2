// Two engines that talk to each other in memory, as a client and a server would over a socket.
#pragma once

#include <algorithm>
#include <string>

#include "proxy/tls/engine.hpp"
#include "test_certificate.hpp"

namespace opslb::tls {

/// Moves ciphertext from one side to the other, in pieces of at most `piece` bytes.
inline void carry(engine& from, engine& to, std::size_t piece = 1U << 20U) {
  while (!from.outgoing.empty()) {
    const std::string_view bytes = from.outgoing.ready().substr(0, piece);
    to.incoming.append(bytes);
    from.outgoing.consume(bytes.size());
  }
}

struct engine_pair {
  engine_pair(ssl_ptr client_session, SSL_CTX* serving)
      : client(std::move(client_session), pool),
        server(
            [serving] {
              ssl_ptr session(SSL_new(serving));
              SSL_set_accept_state(session.get());
              return session;
            }(),
            pool) {}

  /// Until both are through, or one has failed.
  void shake_hands(std::size_t piece = 1U << 20U) {
    auto ours = progress::needs_input;
    auto theirs = progress::needs_input;
    for (int turns = 0; turns < 10; ++turns) {
      if (ours == progress::needs_input) ours = client.handshake();
      carry(client, server, piece);
      if (theirs == progress::needs_input) theirs = server.handshake();
      carry(server, client, piece);
    }
    client_came_to = ours;
    server_came_to = theirs;
  }
  bool stands() const { return client_came_to == progress::done && server_came_to == progress::done; }

  buffer_pool pool;
  engine client;
  engine server;
  progress client_came_to = progress::needs_input;
  progress server_came_to = progress::needs_input;
};

/// All plaintext that `from` can give, and how it ended.
inline std::pair<std::string, progress> read_all(engine& from) {
  std::string text;
  for (;;) {
    buffer into(from.incoming.pool());
    const progress step = from.decrypt(into);
    text.append(into.ready());
    if (step != progress::done) return {text, step};
  }
}

}  // namespace opslb::tls
