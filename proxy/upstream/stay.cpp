#include "proxy/upstream/stay.hpp"

#include <algorithm>

namespace opslb::upstream {

stay::stay(loop_parts parts, waiting_room& room, const generation& rules, balancer& by, const backend_set& without,
           const headers::ip_address& who, pick_result why)
    : parts_(parts),
      room_(room),
      rules_(rules),
      why_(why),
      timer_(parts.wheel, [](void* self) { static_cast<stay*>(self)->time_is_over(); }, this) {
  backends = &rules.backends;
  chooser = &by;
  tried = without;
  client = who;
  wake = [](ticket& self) {
    stay& me = static_cast<stay&>(self);
    me.parts_.io.post(me.awaiter_);
  };
}

bool stay::await_suspend(std::coroutine_handle<> awaiter) {
  awaiter_ = awaiter;
  timer_.expire_after(limit());
  room_was_full_ = !room_.enter(*this, rules_.settings.limits.waiting);
  return !room_was_full_;
}

pick stay::await_resume() const {
  if (granted.result == pick_result::picked) return granted;
  return {why_, 0, {}};
}

void stay::give_up() {
  if (room_.leave(*this)) parts_.io.defer(awaiter_);
}

/// Who was held, and is still here although a host has come up, waits for a place there: from now on it is queued, and keeps
/// its turn.
void stay::time_is_over() {
  const auto serves = [](const backend_slot& each) { return each.shared->health->in_rotation(); };
  if (why_ == pick_result::none_up && std::any_of(backends->begin(), backends->end(), serves)) {
    why_ = pick_result::all_full;
    timer_.expire_after(limit());
    return;
  }
  give_up();
}

}  // namespace opslb::upstream
