// One Ops Manager host as all workers share it: its health entry, and what is in flight there. Lives as long as it is
// configured, across reloads. What all workers touch are atomics; counts each has of its own.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "health/board.hpp"
#include "proxy/config.hpp"
#include "proxy/counters.hpp"

namespace opslb::upstream {

/// The part that survives a reload.
struct backend {
  explicit backend(std::size_t workers = 1) : counts(workers) {}

  std::string name;
  std::shared_ptr<health::entry> health = std::make_shared<health::entry>();
  alignas(64) std::atomic<std::uint32_t> in_flight{0};
  per_worker<backend_counts> counts;
};

/// A backend as one generation of the configuration uses it.
struct backend_slot {
  std::shared_ptr<backend> shared;
  backend_config settings;

  /// Takes one place under max_requests; false if all are taken.
  bool try_enter() const {
    std::atomic<std::uint32_t>& count = shared->in_flight;
    if (settings.max_requests == 0) {
      count.fetch_add(1, std::memory_order_relaxed);
      return true;
    }
    std::uint32_t seen = count.load(std::memory_order_seq_cst);
    while (seen < settings.max_requests) {
      if (count.compare_exchange_weak(seen, seen + 1, std::memory_order_seq_cst)) return true;
    }
    return false;
  }
  void leave() const { shared->in_flight.fetch_sub(1, std::memory_order_seq_cst); }
};

}  // namespace opslb::upstream
