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
  std::string_view lasting_name;  ///< the same, for what outlives the backend
  std::shared_ptr<health::entry> health = std::make_shared<health::entry>();
  alignas(64) std::atomic<std::uint32_t> in_flight{0};
  /// The same in the process that this one took over from, for as long as that drains. Written by the main thread.
  std::atomic<std::uint32_t> in_flight_before{0};
  per_worker<backend_counts> counts;

  /// Drains so far; counted by the main thread as each begins.
  std::atomic<std::uint32_t> drains{0};
  /// The last of them that all workers have heard of: from then on `in_flight` only falls.
  std::atomic<std::uint32_t> drain_heard{0};
};

enum class backend_state : std::uint8_t {
  up,        ///< in rotation
  down,      ///< does not pass its checks, or not yet again
  draining,  ///< out of rotation, and something is still in flight there, or may be
  drained,   ///< out of rotation, and nothing is in flight there
};

/// Any thread.
inline backend_state state_of(const backend& which) {
  if (!which.health->is_drained()) return which.health->is_up() ? backend_state::up : backend_state::down;
  const bool heard = which.drain_heard.load() == which.drains.load();
  const bool is_idle = which.in_flight.load() == 0 && which.in_flight_before.load() == 0;
  return heard && is_idle ? backend_state::drained : backend_state::draining;
}

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
