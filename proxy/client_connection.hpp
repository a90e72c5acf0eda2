// One client's connection as everything that serves it sees it. Lives in the frame of the coroutine that serves the
// connection, and is known to its worker, which may end it. One thread.
#pragma once

#include <boost/intrusive/list.hpp>
#include <memory>
#include <string>
#include <vector>

#include "headers/forwarded.hpp"
#include "proxy/lane.hpp"
#include "proxy/tls/server_context.hpp"
#include "proxy/transport.hpp"

namespace opslb {

/// A listener as its connections know it; shared by all workers. A listener whose settings change gets a new one.
struct listener_info {
  /// One for each worker; none without "tls".
  using tls_contexts = std::vector<std::unique_ptr<tls::server_context>>;

  listener_info(listener_config of, tls_contexts contexts, std::size_t workers);
  /// The same listener under new settings: its connections of before end with it, and its counts go on.
  listener_info(listener_config of, tls_contexts contexts, const listener_info& before)
      : listener_info(std::move(of), std::move(contexts), before.counts_, before.gone_) {}

  listener_config settings;
  std::string_view lasting_name;  ///< settings.name, for what outlives the listener
  tls_contexts tls;
  std::string hsts;  ///< value of Strict-Transport-Security; empty: none is sent

  /// No longer configured: its connections end after what they are doing.
  bool is_gone() const { return gone_->load(std::memory_order_relaxed); }
  void go() const { gone_->store(true, std::memory_order_relaxed); }

  const per_worker<listener_counts>& counts() const { return *counts_; }

 private:
  using shared_counts = std::shared_ptr<const per_worker<listener_counts>>;
  using shared_end = std::shared_ptr<std::atomic<bool>>;
  listener_info(listener_config of, tls_contexts contexts, shared_counts counts, shared_end gone);

  shared_counts counts_;
  shared_end gone_;
};

/// What the handshake came to; empty over plain TCP. Without a certificate the same for many connections, which share it.
struct secured_by {
  std::string_view version, cipher;  ///< OpenSSL's own names, which stay
  bool certified = false;            ///< the client has shown a certificate that was verified
  std::string client;                ///< the subject of that
};
inline const secured_by not_secured;

/// An idle connection costs little more than this object: what only a part of its life needs does not belong here.
struct client_connection
    : boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
  client_connection(lane& of, std::shared_ptr<const listener_info> over, int fd)
      : at(of),
        listener(std::move(over)),
        stream(of.parts.io, fd),
        received(of.parts.buffers),
        timer(
            of.parts.wheel,
            [](void* self) { static_cast<client_connection*>(self)->stream.interrupt(io_error::timed_out); }, this) {
    ++at.counts.connections;
    ++listener->counts().of(at.number).connections;
    at.shared.connections.fetch_add(1, std::memory_order_relaxed);
  }
  ~client_connection() {
    if (has_place) at.shared.clients.leave(peer.client.address);
    at.shared.connections.fetch_sub(1, std::memory_order_relaxed);
    ++listener->counts().of(at.number).connections_ended;
  }
  client_connection(const client_connection&) = delete;
  client_connection& operator=(const client_connection&) = delete;

  lane& at;
  std::shared_ptr<const listener_info> listener;
  transport stream;
  buffer received;
  deadline timer;  ///< request_head and keep_alive
  headers::peer peer;
  const secured_by* secured = &not_secured;
  std::unique_ptr<const secured_by> certificate;  ///< `secured`, where it is this client's alone
  upstream::pool own_pool;                        ///< connections to backends that announced this client
  bool idle = true;                               ///< between two requests, nothing received
  bool has_place = false;                         ///< counted among those of its client
  bool over_limit = false;                        ///< limits.connections_per_client: its first request gets 429
  bool speaks_plain = false;                      ///< HTTP on a listener of TLS: its first request gets 400

  /// Calls `notify(who)` when the connection is to take no more requests although none is under way that could say so:
  /// a drain has begun, or the listener is gone. nullptr: no more.
  void tell_of_end(void (*notify)(void*), void* who) {
    notify_of_end_ = notify;
    notify_who_ = who;
  }
  void end_comes() const {
    if (notify_of_end_ != nullptr) notify_of_end_(notify_who_);
  }

  /// RFC 6797 7.2: never over plain TCP.
  std::string_view hsts() const { return peer.tls ? std::string_view(listener->hsts) : std::string_view(); }

  /// The response under way is the last one.
  bool is_closing() const { return at.shared.draining.load(std::memory_order_relaxed) || listener->is_gone(); }

 private:
  void (*notify_of_end_)(void* who) = nullptr;
  void* notify_who_ = nullptr;
};

/// The connections of a worker. One that ends takes itself out.
using connection_list = boost::intrusive::list<client_connection, boost::intrusive::constant_time_size<false>>;

/// Counts the connection among what a drain waits for.
class busy_mark {
 public:
  explicit busy_mark(client_connection& of) : of_(of) {
    of_.idle = false;
    of_.at.shared.busy.fetch_add(1, std::memory_order_relaxed);
  }
  ~busy_mark() {
    of_.idle = true;
    of_.at.shared.busy.fetch_sub(1, std::memory_order_relaxed);
  }
  busy_mark(const busy_mark&) = delete;
  busy_mark& operator=(const busy_mark&) = delete;

 private:
  client_connection& of_;
};

/// Counts why a connection is not served, and logs it now and then.
void refuse_connection(client_connection& client, refused_connection why, std::string_view detail = {});

}  // namespace opslb
