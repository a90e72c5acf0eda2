// Accepts connections for one worker from one listening socket of its own (SO_REUSEPORT spreads them over the workers).
// Pauses while limits.connections is reached or descriptors run out, and goes on by itself. One thread.
#pragma once

#include <memory>

#include "proxy/connection.hpp"
#include "proxy/reactor.hpp"

namespace opslb {

class listener {
 public:
  /// Takes over a listening, non-blocking socket.
  listener(lane& at, std::shared_ptr<const listener_info> info, int fd, connection_list& known);
  /// Accepts what has arrived, and closes.
  ~listener();
  listener(const listener&) = delete;
  listener& operator=(const listener&) = delete;

  const std::shared_ptr<const listener_info>& info() const { return info_; }
  /// The same socket under changed settings.
  void use(std::shared_ptr<const listener_info> info) { info_ = std::move(info); }

 private:
  void accept_some();
  bool accept_one();
  void pause();
  void go_on();
  bool is_full() const;

  lane& at_;
  std::shared_ptr<const listener_info> info_;
  connection_list& known_;
  watch watch_;
  headers::endpoint local_;      ///< of its connections, if it is bound to one address
  std::uint64_t last_turn_ = 0;  ///< of the event loop, in which something was accepted
  std::size_t most_at_once_ = 1;
  deadline pause_;
};

/// A bound socket for `bind`, not yet listening. Throws std::system_error; EADDRINUSE also where another process shares the
/// port. `already_ours`: another worker's socket of the same listener is there.
int bind_socket(const headers::endpoint& bind, bool already_ours);
/// Where it is bound, with the port that the kernel chose for port 0.
headers::endpoint bound_to(int fd);

}  // namespace opslb
