// One client connection's socket with its receive buffer. Reads and writes report only whether the connection is still
// good: the simulator has nothing to say about how a connection ended. Owned by the connection's coroutine.
#pragma once

#include <string_view>
#include <vector>

#include "tests/support/simulator/idle_clock.hpp"
#include "tests/support/simulator/net.hpp"

namespace opslb::simulator {

class wire {
 public:
  wire(tcp_socket socket, idle_clock& clock);

  tcp_socket& socket() { return socket_; }

  /// Bytes received and not yet consumed.
  std::string_view ready() const { return {buffer_.data() + begin_, end_ - begin_}; }
  void consume(std::size_t bytes) { begin_ += bytes; }

  /// Receives at least one more byte; views from ready() end here. False: closed, broken, idle for too long, or more than
  /// the buffer may hold.
  awaitable<bool> fill();
  /// Sends everything. False: closed, broken, or the client took nothing for too long.
  awaitable<bool> write(std::string_view bytes);
  /// Lets time pass, without the idle rule: the application is at work. False as soon as the client is gone.
  awaitable<bool> pause(milliseconds time);
  /// Waits for the client to go away, however long that takes.
  awaitable<void> wait_for_end();

  /// Ends with a FIN, and waits for the client's.
  awaitable<void> close();
  /// Ends with a RST.
  void reset();

 private:
  static constexpr std::size_t first_size = 16 * 1024;
  static constexpr std::size_t most = 256 * 1024;

  void make_room();
  bool client_is_there();

  tcp_socket socket_;
  idle_clock::watch watch_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace opslb::simulator
