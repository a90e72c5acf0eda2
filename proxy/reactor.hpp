// One worker's set of sockets: an edge-triggered epoll of its own, nested in the worker's io_context, which is told that
// the whole set has news. Against Asio's own descriptors this saves the failing recv that re-arms each read, registers
// EPOLLRDHUP, so that a short read may be taken for "drained", and holds no memory for a waiting read. One thread.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <coroutine>
#include <memory>
#include <vector>

namespace boost::asio {
class io_context;
}

namespace opslb {

/// An operation that waits for a socket. attempt() is called whenever the socket may be ready, and returns true when the
/// operation is over and its coroutine is to go on.
struct waiting_operation {
  bool (*attempt)(waiting_operation& self) = nullptr;
  std::coroutine_handle<> who;
};

/// One socket in the set, embedded in its owner. At most one reader and one writer wait at a time.
struct watch {
  int fd = -1;
  bool readable = true;  ///< a recv may give something; cleared by who saw it drained
  bool writable = true;
  bool peer_closed = false;  ///< a FIN has come: every read up to the end is worth trying
  bool broken = false;       ///< reset, or closed both ways
  waiting_operation* reader = nullptr;
  waiting_operation* writer = nullptr;
  /// Called when the connection broke, and, if `notify_readable`, when anything came. May destroy the watch.
  void (*notify)(void* who) = nullptr;
  void* notify_who = nullptr;
  bool notify_readable = false;
};

class reactor {
 public:
  /// Throws std::system_error if the kernel has no descriptor left. `loop` must outlive this.
  explicit reactor(boost::asio::io_context& loop);
  ~reactor();
  reactor(const reactor&) = delete;
  reactor& operator=(const reactor&) = delete;

  /// False if the kernel refuses (ENOMEM, ENOSPC).
  bool add(watch& socket);
  /// Must come before the descriptor is closed. No operation may be waiting.
  void remove(watch& socket);

  /// Resumes `who` from the event loop, after everything that is ready now.
  void defer(std::coroutine_handle<> who);

  /// Any thread: resumes `who` on this loop.
  void post(std::coroutine_handle<> who);

  /// Awaitable: lets everything else that is ready go first.
  auto yield() {
    struct awaiter {
      reactor& in;
      bool await_ready() const noexcept { return false; }
      void await_suspend(std::coroutine_handle<> who) const { in.defer(who); }
      void await_resume() const noexcept {}
    };
    return awaiter{*this};
  }

  /// Called before each batch of events is handed out: the worker takes the time here.
  void on_batch(void (*begin)(void* who), void* who) {
    batch_ = begin;
    batch_who_ = who;
  }

 private:
  struct driver;

  void poll();
  void dispatch();
  void wake(int index, watch& socket);
  void run_deferred();

  int epoll_;
  std::unique_ptr<driver> driver_;
  std::array<epoll_event, 256> events_{};
  int current_ = 0;
  int count_ = 0;
  std::vector<std::coroutine_handle<>> deferred_;
  std::vector<std::coroutine_handle<>> running_;
  bool posted_ = false;
  void (*batch_)(void*) = nullptr;
  void* batch_who_ = nullptr;
};

}  // namespace opslb
