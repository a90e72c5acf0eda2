// Where requests wait for a backend: for a place under max_requests (`queue`) or for a first backend to come up (`hold`).
// First come, first served, across all workers, and bounded by limits.waiting. The only lock on the way of a request, and
// taken only by those that have to wait or that give back a place somebody waits for.
#pragma once

#include <atomic>
#include <cstdint>
#include <list>
#include <mutex>
#include <vector>

#include "proxy/upstream/balancer.hpp"

namespace opslb::upstream {

/// One request that waits, owned by its coroutine. Everything it points to lives until it has left or was woken.
struct ticket {
  const std::vector<backend_slot>* backends = nullptr;
  balancer* chooser = nullptr;
  backend_set tried;
  headers::ip_address client;
  /// Called under the room's lock, on any thread, once `granted` holds a place. Only posts to the ticket's worker.
  void (*wake)(ticket& self) = nullptr;
  pick granted;
  bool waiting = false;
  bool sent_on = false;  ///< woken without a place: there are other backends now

 private:
  friend class waiting_room;
  std::list<ticket*>::iterator place_;
};

class waiting_room {
 public:
  /// Any thread. False if `limit` requests wait already (0: no bound). serve() may wake it at once.
  bool enter(ticket& who, std::uint64_t limit);
  /// Any thread. Gives up; false if a place was granted before: then the wake is on its way and the place is the ticket's.
  bool leave(ticket& who);
  /// Any thread. Grants what can be granted, in order. To be called when a place was given back or a backend came up.
  void serve();
  /// Any thread. Wakes those that wait for other backends than those in use now, of which none is up. To be called once all
  /// workers know the new ones.
  void send_on(const std::vector<backend_slot>& in_use);
  std::size_t waiting() const { return count_.load(std::memory_order_relaxed); }
  bool anybody_waits() const { return count_.load(std::memory_order_seq_cst) != 0; }

 private:
  std::mutex mutex_;
  std::list<ticket*> waiting_;
  /// Its size. Sequentially consistent together with backend::in_flight: who enters looks at the places again after
  /// counting itself, who leaves a place looks at the count after giving it back, so one of them sees the other.
  std::atomic<std::size_t> count_{0};
};

}  // namespace opslb::upstream
