// Where one coroutine waits for another's word. Whoever opens it does not run the other: that goes on from the event loop.
// One thread.
#pragma once

#include <coroutine>
#include <utility>

#include "proxy/reactor.hpp"

namespace opslb::http2 {

class gate {
 public:
  explicit gate(reactor& in) : in_(in) {}

  /// Lets go who waits, if anybody does.
  void open() {
    if (who_) in_.defer(std::exchange(who_, nullptr));
  }

  /// Awaitable: always waits. The awaiter looks for itself what has come.
  auto wait() {
    struct awaiter {
      gate& at;
      bool await_ready() const noexcept { return false; }
      void await_suspend(std::coroutine_handle<> who) const noexcept { at.who_ = who; }
      void await_resume() const noexcept {}
    };
    return awaiter{*this};
  }

 private:
  reactor& in_;
  std::coroutine_handle<> who_;
};

}  // namespace opslb::http2
