// The coroutine types of the data path. `task<T>` is a lazy coroutine with exactly one awaiter; `child` runs a task beside
// its owner, who must join it; `spawn` starts one that only a counter remembers. All stay on one thread, and nothing on
// the data path throws: what could fail returns a value. A task costs one recycled frame and no more.
#pragma once

#include <cassert>
#include <coroutine>
#include <cstddef>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include "proxy/frame_memory.hpp"

namespace opslb {

template <typename T = void>
class task;

namespace coroutine {

struct recycled_frame {
  static void* operator new(std::size_t size) { return frame_memory::take(size); }
  static void operator delete(void* frame, std::size_t size) noexcept { frame_memory::give_back(frame, size); }
};

struct resume_awaiter_at_end {
  bool await_ready() const noexcept { return false; }
  template <typename Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> self) const noexcept {
    return self.promise().awaiter;
  }
  void await_resume() const noexcept {}
};

struct task_promise : recycled_frame {
  std::coroutine_handle<> awaiter;

  std::suspend_always initial_suspend() const noexcept { return {}; }
  resume_awaiter_at_end final_suspend() const noexcept { return {}; }
  [[noreturn]] void unhandled_exception() const noexcept { std::terminate(); }
};

template <typename T>
struct value_promise : task_promise {
  std::optional<T> value;

  task<T> get_return_object() noexcept;
  void return_value(T result) { value.emplace(std::move(result)); }
  T take() { return std::move(*value); }
};

struct void_promise : task_promise {
  task<void> get_return_object() noexcept;
  void return_void() const noexcept {}
  void take() const noexcept {}
};

/// Starts at once, ends by itself.
struct detached {
  struct promise_type : recycled_frame {
    detached get_return_object() const noexcept { return {}; }
    std::suspend_never initial_suspend() const noexcept { return {}; }
    std::suspend_never final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    [[noreturn]] void unhandled_exception() const noexcept { std::terminate(); }
  };
};

}  // namespace coroutine

/// A coroutine that starts when it is awaited and resumes its awaiter when it returns. Owns its frame. Or a value that was known
/// before anybody awaited it: whoever found that nothing has to wait needs no coroutine to say so.
template <typename T>
class [[nodiscard]] task {
 public:
  using promise_type = std::conditional_t<std::is_void_v<T>, coroutine::void_promise, coroutine::value_promise<T>>;
  using known_value = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

  explicit task(std::coroutine_handle<promise_type> frame) noexcept : frame_(frame) {}
  explicit task(known_value value) noexcept
    requires(!std::is_void_v<T>)
      : known_(std::move(value)) {}
  task(task&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)), known_(std::move(other.known_)) {}
  task& operator=(task&&) = delete;
  ~task() {
    if (frame_) frame_.destroy();
  }

  bool await_ready() const noexcept { return !frame_; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiter) noexcept {
    frame_.promise().awaiter = awaiter;
    return frame_;
  }
  T await_resume() {
    if constexpr (!std::is_void_v<T>) {
      if (!frame_) return std::move(*known_);
    }
    return frame_.promise().take();
  }

 private:
  std::coroutine_handle<promise_type> frame_;
  [[no_unique_address]] std::conditional_t<std::is_void_v<T>, std::monostate, std::optional<known_value>> known_;
};

template <typename T>
task<T> coroutine::value_promise<T>::get_return_object() noexcept {
  return task<T>(std::coroutine_handle<value_promise>::from_promise(*this));
}
inline task<void> coroutine::void_promise::get_return_object() noexcept {
  return task<void>(std::coroutine_handle<void_promise>::from_promise(*this));
}

/// A task that runs beside its owner. The owner must join it before this object ends.
class child {
 public:
  child() = default;
  child(const child&) = delete;
  child& operator=(const child&) = delete;
  ~child() { assert(!running_); }

  /// Runs `work` up to its first suspension.
  void start(task<> work) {
    running_ = true;
    run(*this, std::move(work));
  }
  bool is_running() const { return running_; }

  /// Awaitable: ready once the work is over, or was never started.
  auto join() {
    struct awaiter {
      child& of;
      bool await_ready() const noexcept { return !of.running_; }
      void await_suspend(std::coroutine_handle<> who) const noexcept { of.owner_ = who; }
      void await_resume() const noexcept {}
    };
    return awaiter{*this};
  }

 private:
  static coroutine::detached run(child& self, task<> work) {
    co_await std::move(work);
    self.running_ = false;
    if (self.owner_) std::exchange(self.owner_, nullptr).resume();
  }

  bool running_ = false;
  std::coroutine_handle<> owner_;
};

/// Starts a task that nobody awaits; `running` counts it while it lives.
inline coroutine::detached spawn(task<> work, std::size_t& running) {
  ++running;
  co_await std::move(work);
  --running;
}

}  // namespace opslb
