#include "proxy/connection.hpp"

#include <algorithm>

#include "proxy/handshake.hpp"
#include "proxy/http1/serve.hpp"
#include "proxy/http2/frame.hpp"
#include "proxy/http2/serve.hpp"
#include "proxy/log.hpp"
#include "proxy/proxy_protocol.hpp"
#include "proxy/socket_address.hpp"

using namespace std::string_view_literals;

namespace opslb {
namespace {

/// Registers a connection while it lives.
class membership {
 public:
  membership(connection_list& known, client_connection& who) : known_(known), at_(known.insert(known.end(), &who)) {
    who.at.shared.connections.fetch_add(1, std::memory_order_relaxed);
    shared_ = &who.at.shared;
  }
  ~membership() {
    known_.erase(at_);
    shared_->connections.fetch_sub(1, std::memory_order_relaxed);
  }
  membership(const membership&) = delete;
  membership& operator=(const membership&) = delete;

 private:
  connection_list& known_;
  connection_list::iterator at_;
  shared_parts* shared_;
};

/// A place under limits.connections_per_client.
class client_place {
 public:
  client_place(client_connection& of, std::uint64_t limit)
      : counts_(of.at.shared.clients),
        who_(of.peer.client.address) {
    entered_ = counts_.enter(who_, limit);
    of.over_limit = !entered_;
  }
  ~client_place() {
    if (entered_) counts_.leave(who_);
  }
  client_place(const client_place&) = delete;
  client_place& operator=(const client_place&) = delete;

 private:
  client_counts& counts_;
  headers::ip_address who_;
  bool entered_ = false;
};

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

/// Over TLS what was agreed on counts (RFC 9113 3.2). Over plain TCP (3.3, prior knowledge) an HTTP/2 client begins with 24
/// bytes that no HTTP/1 client sends. Nothing is consumed.
task<bool> speaks_http2(client_connection& client) {
  if (client.listener->settings.tls) co_return client.peer.tls&& tls::chosen_protocol(client.stream.tls()) == "h2";
  for (;;) {
    const std::string_view bytes = client.received.ready().substr(0, http2::client_preface.size());
    if (!http2::client_preface.starts_with(bytes)) co_return false;
    if (bytes.size() == http2::client_preface.size()) co_return true;
    // Whatever the matter is, HTTP/1 comes upon it again.
    const io_error error = co_await client.stream.read(client.received);
    if (error != io_error::none) co_return false;
  }
}

/// Only a listener that is bound to every address has to ask which one a client chose.
headers::endpoint local_end(int fd, const headers::endpoint& bound) {
  const auto bytes = bound.address.bytes();
  if (std::any_of(bytes.begin(), bytes.end(), [](std::uint8_t each) { return each != 0; })) return bound;
  socket_address address;
  socklen_t size = socket_address::capacity();
  ::getsockname(fd, address.get(), &size);
  return address.to_endpoint();
}

}  // namespace

task<> serve_connection(lane& at, std::shared_ptr<const listener_info> listener, int fd, headers::endpoint peer,
                        headers::endpoint local, connection_list& known) {
  client_connection client(at, std::move(listener), fd);
  const membership member(known, client);
  ++at.counts.connections;
  client.peer.client = peer;
  client.peer.local = local_end(fd, local);
  client.timer.expire_after(at.current->settings.timeouts.request_head);
  const bool admitted = co_await admit(client);
  if (!admitted) co_return;
  client.peer.client_text = client.peer.client.address.to_string();
  const client_place place(client, at.current->settings.limits.connections_per_client);
  if (client.over_limit) refuse_connection(client, refused_connection::per_client);
  const bool secured = co_await secure(client);
  if (!secured) co_return;
  const bool is_http2 = co_await speaks_http2(client);
  if (is_http2) {
    co_await http2::serve(client);
  } else {
    co_await http1::serve(client);
  }
}

}  // namespace opslb
