// A backend for tests: a TCP server on a loopback port of its own, with plain blocking sockets on one thread, that does
// to each connection exactly what a script says. It takes one connection after the other.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace opslb::health {

/// One accepted connection, in a script's hands.
class scripted_connection {
 public:
  explicit scripted_connection(int fd) : fd_(fd) {}

  /// All bytes up to the end of a request head.
  const std::string& read_request();
  void send(std::string_view bytes);
  /// Returns when the other side has closed or reset the connection.
  void wait_for_close();
  /// The connection is reset instead of closed when the script returns.
  void reset_at_end();

 private:
  int fd_;
  std::string received_;
};

class scripted_server {
 public:
  /// Called on the server's thread for each connection with its number, from 0. Nothing may be asserted in it.
  using script = std::function<void(scripted_connection& connection, std::size_t number)>;

  explicit scripted_server(script each);
  ~scripted_server();
  scripted_server(const scripted_server&) = delete;
  scripted_server& operator=(const scripted_server&) = delete;

  std::uint16_t port() const { return port_; }
  /// "127.0.0.1:PORT"
  std::string authority() const { return "127.0.0.1:" + std::to_string(port_); }
  /// Waits until `count` connections have been accepted in all; false if that takes unreasonably long.
  bool wait_for_connections(std::size_t count);
  std::size_t connections();

 private:
  void serve();

  script each_;
  std::uint16_t port_ = 0;  ///< before the socket, whose initializer fills it in
  int listener_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t accepted_ = 0;
  int open_ = -1;  ///< the connection in the script's hands
  bool ending_ = false;
  std::thread thread_;
};

/// "HTTP/1.1 STATUS Reason" with an empty body.
std::string answer(unsigned status, std::string_view reason);

/// A port of 127.0.0.1 that refuses connections as long as this lives, because it is taken and nobody listens.
class refusing_port {
 public:
  refusing_port();
  ~refusing_port();
  refusing_port(const refusing_port&) = delete;
  refusing_port& operator=(const refusing_port&) = delete;
  std::uint16_t port() const { return port_; }

 private:
  std::uint16_t port_ = 0;
  int fd_;
};

/// A port of 127.0.0.1 on which connections neither come about nor fail: its queue of unaccepted ones is full.
class silent_port {
 public:
  silent_port();
  ~silent_port();
  silent_port(const silent_port&) = delete;
  silent_port& operator=(const silent_port&) = delete;
  std::uint16_t port() const { return port_; }

 private:
  std::uint16_t port_ = 0;
  int listener_;
  std::vector<int> fillers_;
};

}  // namespace opslb::health
