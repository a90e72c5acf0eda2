// The running simulator: its threads, its two listening sockets, and the ways in which a host goes away and comes back.
// The first thread (the caller of run()) also accepts, and owns the doors; all others only serve connections.
#pragma once

#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/simulator/host.hpp"
#include "tests/support/simulator/idle_clock.hpp"
#include "tests/support/simulator/net.hpp"

namespace opslb::simulator {

class connection;

/// One thread's share. The lists are declared first because the coroutines that the context destroys leave them.
struct worker {
  explicit worker(milliseconds idle_limit) : idle(idle_limit) {}

  std::list<connection*> connections;  ///< those that came by the service's door
  idle_clock idle;
  asio::io_context context{1};
};

class service {
 public:
  explicit service(settings wanted);

  std::uint16_t port() const { return port_; }
  std::uint16_t control_port() const { return control_port_; }
  host& ops() { return host_; }

  /// Serves until stop().
  void run();
  void stop();

  /// Refuses connections and resets those that are open, or ends that. Any thread.
  void refuse(bool refusing);
  /// Ops Manager's upgrade: closes the door, gives what is in flight `grace`, is away for `away`, and comes back as
  /// `version`. Returns at once. Any thread.
  void upgrade(milliseconds grace, milliseconds away, std::string version);

 private:
  awaitable<void> accept(std::shared_ptr<tcp_acceptor> door, bool control);
  awaitable<void> go_through_upgrade(milliseconds grace, milliseconds away, std::string version);
  void update_door();
  void in_every_worker(void (*act)(worker&));

  host host_;
  std::vector<std::unique_ptr<worker>> workers_;
  worker& front_;
  std::size_t next_worker_ = 0;
  tcp_socket reserved_;                 ///< bound and never listening: keeps the port while the door is shut
  std::shared_ptr<tcp_acceptor> door_;  ///< closed while the host is away; its accept loop shares it
  std::shared_ptr<tcp_acceptor> control_door_;
  std::uint16_t port_ = 0;
  std::uint16_t control_port_ = 0;
  bool refusing_ = false;
  bool upgrading_ = false;
};

}  // namespace opslb::simulator
