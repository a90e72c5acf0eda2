#include "proxy/connection.hpp"

#include <algorithm>
#include <optional>

#include "proxy/handshake.hpp"
#include "proxy/http1/serve.hpp"
#include "proxy/http2/frame.hpp"
#include "proxy/http2/serve.hpp"
#include "proxy/log.hpp"
#include "proxy/proxy_protocol.hpp"
#include "proxy/socket_address.hpp"
#include "proxy/tcp/serve.hpp"

using namespace std::string_view_literals;

namespace opslb {
namespace {

/// Contract 8. False: the connection is to be closed without an answer.
task<bool> read_proxy_header(client_connection& client) {
  for (;;) {
    const io_error error = co_await client.stream.read(client.received);
    if (error != io_error::none) {
      // Nothing at all is a port probe or a health check of the balancer in front, not worth a word.
      if (!client.received.empty()) refuse_connection(client, refused_connection::proxy_incomplete);
      co_return false;
    }
    const auto parsed = proxy_protocol::parse(client.received.ready());
    if (parsed.what == proxy_protocol::state::incomplete) {
      if (client.received.space().empty()) client.received.grow();  // a v2 header may be four blocks long
      continue;
    }
    if (parsed.what == proxy_protocol::state::refused) {
      const bool looks_like_one =
          client.received.ready().starts_with("PROXY") || client.received.ready().starts_with("\r\n\r\n\0"sv);
      refuse_connection(client, looks_like_one ? refused_connection::proxy_invalid : refused_connection::proxy_missing,
                        parsed.reason);
      co_return false;
    }
    if (parsed.connection) {
      client.peer.client = parsed.connection->source;
      client.peer.local = parsed.connection->destination;
    }
    client.received.consume(parsed.size);
    co_return true;
  }
}

/// True if the connection may go on; reads the PROXY header where one is due.
task<bool> admit(client_connection& client) {
  const listener_config& settings = client.listener->settings;
  if (!settings.proxy_protocol) co_return true;
  const bool speaks_it = settings.proxy_protocol_from.empty() ||
                         headers::contains(settings.proxy_protocol_from, client.peer.client.address);
  if (!speaks_it && settings.proxy_protocol_others_direct) co_return true;
  if (!speaks_it) {
    refuse_connection(client, refused_connection::proxy_peer);
    co_return false;
  }
  const bool admitted = co_await read_proxy_header(client);
  co_return admitted;
}

/// Takes a place under limits.connections_per_client. Who gets none is told so, in answer to its first request.
void take_place(client_connection& client) {
  const std::uint64_t limit = client.at.current->settings.limits.connections_per_client;
  client.has_place = client.at.shared.clients.enter(client.peer.client.address, limit);
  client.over_limit = !client.has_place;
  if (client.over_limit) refuse_connection(client, refused_connection::per_client);
}

enum class protocol { http1, http2, raw };

/// Over TLS what was agreed on counts (RFC 9113 3.2). Over plain TCP (3.3, prior knowledge) an HTTP/2 client begins with 24
/// bytes that no HTTP/1 client sends. Nothing is consumed.
task<protocol> find_protocol(client_connection& client) {
  if (client.listener->settings.tcp_port != 0) co_return protocol::raw;
  if (client.listener->settings.tls) {
    const bool chose_http2 = client.peer.tls && tls::chosen_protocol(client.stream.tls()) == "h2";
    co_return chose_http2 ? protocol::http2 : protocol::http1;
  }
  for (;;) {
    const std::string_view bytes = client.received.ready().substr(0, http2::client_preface.size());
    if (!http2::client_preface.starts_with(bytes)) co_return protocol::http1;
    if (bytes.size() == http2::client_preface.size()) co_return protocol::http2;
    // Whatever the matter is, HTTP/1 comes upon it again.
    const io_error error = co_await client.stream.read(client.received);
    if (error != io_error::none) co_return protocol::http1;
  }
}

/// Everything before the first request. nullopt: there will be none.
task<std::optional<protocol>> begin(client_connection& client) {
  client.timer.expire_after(client.at.current->settings.timeouts.request_head);
  const bool admitted = co_await admit(client);
  if (!admitted) co_return std::nullopt;
  client.peer.client_text = client.peer.client.address.to_string();
  take_place(client);
  const bool secured = co_await secure(client);
  if (!secured) co_return std::nullopt;
  co_return co_await find_protocol(client);
}

/// Only a listener that is bound to every address has to ask which one a client chose.
headers::endpoint local_end(const accepted_socket& socket) {
  const auto bytes = socket.bound.address.bytes();
  if (std::any_of(bytes.begin(), bytes.end(), [](std::uint8_t each) { return each != 0; })) return socket.bound;
  socket_address address;
  socklen_t size = socket_address::capacity();
  ::getsockname(socket.fd, address.get(), &size);
  return address.to_endpoint();
}

}  // namespace

coroutine::detached serve_connection(const accepted_socket& socket) {
  client_connection client(socket.at, socket.listener, socket.fd);
  socket.known.push_back(client);
  client.peer.client = socket.peer;
  client.peer.local = local_end(socket);
  const std::optional<protocol> spoken = co_await begin(client);
  if (!spoken) co_return;
  if (*spoken == protocol::raw) {
    co_await tcp::serve(client);
    co_return;
  }
  if (*spoken == protocol::http2) {
    co_await http2::serve(client);
    co_return;
  }
  // The wait between two requests stands here, so that this is the only frame that an idle connection has.
  http1::conversation requests;
  for (;;) {
    if (client.received.empty()) {
      const io_error error = co_await client.stream.read(client.received);
      if (error == io_error::timed_out || error == io_error::interrupted) client.stream.close_write();
      if (error == io_error::end_of_stream) client.stream.say_end();
      if (error != io_error::none) co_return;
    }
    const bool more = co_await http1::serve_next(client, requests);
    if (!more) co_return;
  }
}

}  // namespace opslb
