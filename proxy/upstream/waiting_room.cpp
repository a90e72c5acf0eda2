#include "proxy/upstream/waiting_room.hpp"

#include <algorithm>

namespace opslb::upstream {

bool waiting_room::enter(ticket& who, std::uint64_t limit) {
  {
    const std::lock_guard lock(mutex_);
    if (limit != 0 && waiting_.size() >= limit) return false;
    waiting_.push_back(&who);
    who.place_ = std::prev(waiting_.end());
    who.waiting = true;
    count_.store(waiting_.size(), std::memory_order_seq_cst);
  }
  serve();
  return true;
}

bool waiting_room::leave(ticket& who) {
  const std::lock_guard lock(mutex_);
  if (!who.waiting) return false;
  waiting_.erase(who.place_);
  who.waiting = false;
  count_.store(waiting_.size(), std::memory_order_seq_cst);
  return true;
}

void waiting_room::serve() {
  const std::lock_guard lock(mutex_);
  const auto now = std::chrono::steady_clock::now();
  for (auto at = waiting_.begin(); at != waiting_.end();) {
    ticket& who = **at;
    const pick found = who.chooser->choose(*who.backends, who.tried, who.client, now);
    if (found.result != pick_result::picked) {
      ++at;
      continue;
    }
    at = waiting_.erase(at);
    who.waiting = false;
    who.granted = found;
    count_.store(waiting_.size(), std::memory_order_seq_cst);
    who.wake(who);
  }
}

void waiting_room::send_on(const std::vector<backend_slot>& in_use) {
  const std::lock_guard lock(mutex_);
  for (auto at = waiting_.begin(); at != waiting_.end();) {
    ticket& who = **at;
    const bool may_come = std::any_of(who.backends->begin(), who.backends->end(),
                                      [](const backend_slot& each) { return each.shared->health->in_rotation(); });
    if (who.backends == &in_use || may_come || who.tried.any()) {
      ++at;
      continue;
    }
    at = waiting_.erase(at);
    who.waiting = false;
    who.sent_on = true;
    count_.store(waiting_.size(), std::memory_order_seq_cst);
    who.wake(who);
  }
}

}  // namespace opslb::upstream
