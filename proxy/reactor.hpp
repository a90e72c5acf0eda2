// One worker's event loop: an edge-triggered epoll set and what waits in it, coroutines to go on with, and work that other
// threads hand over. It knows no clock; its owner turns it and says how long a turn may wait. Against Asio's descriptors
// this saves the failing recv that re-arms each read, registers EPOLLRDHUP, so that a short read may be taken for
// "drained", and holds no memory for a waiting read. One thread, but for post().
#pragma once

#include <sys/epoll.h>

#include <array>
#include <chrono>
#include <coroutine>
#include <cstdint>
#include <functional>
#include <mutex>
#include <vector>

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
  std::uint32_t number = 0;  ///< of this watch among all that the reactor has had
  bool readable = true;      ///< a recv may give something; cleared by who saw it drained
  bool writable = true;      ///< the same of a send; false when added: a connect() is under way
  bool hears_writable = false;
  bool peer_closed = false;  ///< a FIN has come: every read up to the end is worth trying
  bool broken = false;       ///< reset, or closed both ways
  /// Calls `notify` not only once the connection broke, but whenever anything came.
  bool notify_readable = false;
  waiting_operation* reader = nullptr;
  waiting_operation* writer = nullptr;
  /// May destroy the watch.
  void (*notify)(void* who) = nullptr;
  void* notify_who = nullptr;
};

class reactor {
 public:
  /// Throws std::system_error if the kernel has no descriptor left.
  reactor();
  ~reactor();
  reactor(const reactor&) = delete;
  reactor& operator=(const reactor&) = delete;

  /// False if the kernel refuses (ENOMEM, ENOSPC).
  bool add(watch& socket);
  /// The owner closes the descriptor next, which takes it out of the kernel's set as well. No operation may be waiting.
  void remove(watch& socket);
  /// To be called by who starts to wait until something can be sent: only then does the kernel have to tell.
  void hear_writable(watch& socket) {
    if (!socket.hears_writable) ask_for_writable(socket);
  }

  /// A listening socket is told of with each turn for as long as connections wait there, so that none has to be accepted
  /// in vain to find out that there is none. Any number of times; `is_told` false: not now.
  bool add_listening(watch& socket);
  void tell_listening(watch& socket, bool is_told);
  /// As remove(), and may stay open in another process.
  void remove_listening(watch& socket);

  /// Resumes `who` after everything that is ready now.
  void defer(std::coroutine_handle<> who) { deferred_.push_back(who); }

  /// Any thread: does `work` on this loop. In order.
  void post(std::function<void()> work);
  /// Any thread: resumes `who` on this loop.
  void post(std::coroutine_handle<> who) {
    post([who] { who.resume(); });
  }

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

  /// Called in each turn before anything else happens: the worker takes the time here.
  void on_batch(void (*begin)(void* who), void* who) {
    batch_ = begin;
    batch_who_ = who;
  }

  /// Waits for events, but no longer than `most`, and hands out what there is.
  void turn(std::chrono::milliseconds most);
  /// How many turns there have been.
  std::uint64_t turns() const { return turns_; }

 private:
  bool control(int what, watch& socket, std::uint32_t events);
  void ask_for_writable(watch& socket);
  watch* find(const epoll_event& event) const;
  void hand_out(const epoll_event& event);
  void wake(const epoll_event& event, watch& socket);
  void run_deferred();
  void run_posted();

  int epoll_;
  watch news_;  ///< an eventfd: something was posted
  std::uint32_t last_number_ = 0;
  std::uint64_t turns_ = 0;
  std::vector<watch*> watches_;  ///< by descriptor
  std::array<epoll_event, 256> events_{};
  std::vector<std::coroutine_handle<>> deferred_;
  std::vector<std::coroutine_handle<>> running_;
  void (*batch_)(void*) = nullptr;
  void* batch_who_ = nullptr;

  std::mutex posting_;
  std::vector<std::function<void()>> posted_;  ///< under posting_
};

}  // namespace opslb
