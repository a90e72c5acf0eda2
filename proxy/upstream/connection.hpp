// One connection to a backend, and how it is made. Owned by whoever uses it, or by a pool while nobody does. One thread.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "proxy/loop_parts.hpp"
#include "proxy/task.hpp"
#include "proxy/transport.hpp"
#include "proxy/upstream/backend.hpp"

namespace opslb::upstream {

class connection {
 public:
  connection(loop_parts parts, int fd, std::shared_ptr<const backend> to, const headers::endpoint* where)
      : stream(parts.io, fd, false),
        received(parts.buffers),
        to_(std::move(to)),
        where_(where),
        deadline_(parts.wheel, [](void* self) { static_cast<connection*>(self)->expired(); }, this) {}
  ~connection();
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  transport stream;
  buffer received;      ///< of the response; empty between two exchanges
  bool reused = false;  ///< has served an exchange before
  /// The last response was one without a body. A backend that sends one all the same (to HEAD, with 304) does so in bytes
  /// that may not have been noticed yet.
  bool may_be_followed = false;

  const backend& to() const { return *to_; }
  /// Which address it went to, by identity of the health entry's pointer.
  const headers::endpoint* where() const { return where_; }

  /// Calls `closed(who)` when the backend closes, sends something unasked, or `keep` is over. The callback destroys this.
  void rest(std::chrono::milliseconds keep, void (*closed)(void* who, connection& self), void* who);
  void wake();

  /// Interrupts connecting after `limit`.
  void limit_connecting(std::chrono::milliseconds limit) { deadline_.expire_after(limit); }
  void connecting_done() { deadline_.disarm(); }

 private:
  void expired();

  std::shared_ptr<const backend> to_;  ///< keeps `where` alive as well
  const headers::endpoint* where_;
  void (*closed_)(void*, connection&) = nullptr;
  void* closed_who_ = nullptr;
  deadline deadline_;
};

struct connect_result {
  std::unique_ptr<connection> made;  ///< null: failed
  bool timed_out = false;
  std::string_view reason;  ///< of a failure; constant text
  std::string tls_failure;  ///< more of it, where TLS failed; names hosts, so it is not for clients
};

/// Connects to where the backend's name last resolved to, within `limit`. `preamble` (a PROXY header) is sent first. With a
/// `session` TLS is spoken from there on. The attempt ends early, with `made` null, once `connecting`'s owner interrupts it:
/// it is set while a connection is under way. `port`: another one than the requests' there.
task<connect_result> connect(loop_parts parts, std::shared_ptr<const backend> to, std::chrono::milliseconds limit,
                             std::string_view preamble, tls::ssl_ptr session, connection*& connecting,
                             std::uint16_t port = 0);

}  // namespace opslb::upstream
