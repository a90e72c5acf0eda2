// The smallest thing that one thread counts and others read.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace opslb {

/// One writer, any reader: an increment is a plain load and store.
class counter {
 public:
  void operator++() { *this += 1; }
  void operator+=(std::uint64_t more) {
    value_.store(value_.load(std::memory_order_relaxed) + more, std::memory_order_relaxed);
  }
  /// For what goes up and down.
  void set(std::uint64_t value) { value_.store(value, std::memory_order_relaxed); }
  std::uint64_t get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

/// Counts that every worker has of its own, for something that all of them share: nobody writes where another one does.
template <typename Counts>
class per_worker {
 public:
  explicit per_worker(std::size_t workers) : counts_(std::make_unique<aligned[]>(workers)), workers_(workers) {}

  /// For that worker alone to write to.
  Counts& of(std::size_t worker) const { return counts_[worker].value; }

  std::size_t workers() const { return workers_; }

 private:
  struct alignas(64) aligned {
    Counts value;
  };
  std::unique_ptr<aligned[]> counts_;
  std::size_t workers_;
};

}  // namespace opslb
