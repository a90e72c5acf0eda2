// Closes connections on which nothing moves, as Jetty does after 30 s. One timer for all connections of a thread: arming is
// one store, so the idle rule costs a request nothing. Belongs to one thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <list>

#include "tests/support/simulator/net.hpp"

namespace opslb::simulator {

class idle_clock {
 public:
  /// One connection's share in the clock; it closes the socket that it was made with.
  class watch {
   public:
    watch(idle_clock& clock, tcp_socket& socket);
    ~watch();
    watch(const watch&) = delete;
    watch& operator=(const watch&) = delete;

    /// Between the two, the connection waits for its client to send or to take bytes.
    void begin_waiting() { waiting_since_ = clock_.now_; }
    void end_waiting() { waiting_since_ = not_waiting; }

   private:
    friend class idle_clock;
    static constexpr std::uint64_t not_waiting = UINT64_MAX;

    idle_clock& clock_;
    tcp_socket& socket_;
    std::uint64_t waiting_since_ = not_waiting;
    std::list<watch*>::iterator place_;
  };

  /// `limit` 0: never.
  explicit idle_clock(milliseconds limit) : limit_(limit) {}
  /// Runs for as long as its context does.
  awaitable<void> run();

 private:
  static constexpr std::uint64_t ticks_in_limit = 10;

  milliseconds limit_;
  std::uint64_t now_ = 0;
  std::list<watch*> watches_;
};

}  // namespace opslb::simulator
