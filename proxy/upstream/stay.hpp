// One request's stay in the waiting room, as an awaitable. Ends by a grant, which another thread posts, or here, when time is
// over or the client is gone. Lives in the waiting coroutine's frame; one thread, but for what the room does with its ticket.
#pragma once

#include <algorithm>
#include <coroutine>
#include <cstdint>

#include "proxy/generation.hpp"
#include "proxy/loop_parts.hpp"
#include "proxy/upstream/waiting_room.hpp"

namespace opslb::upstream {

class stay : public ticket {
 public:
  /// For a backend of `rules` that `by` chooses and that is not in `without`; `why` it has to wait: none_up or all_full.
  stay(loop_parts parts, waiting_room& room, const generation& rules, balancer& by, const backend_set& without,
       const headers::ip_address& who, pick_result why);

  bool await_ready() const noexcept { return limit().count() == 0; }
  bool await_suspend(std::coroutine_handle<> awaiter);
  /// What was granted, or why nothing was.
  pick await_resume() const;

  /// To be called before: so much of `hold` is over.
  void has_waited(std::chrono::milliseconds before) { waited_ = before; }
  bool was_sent_on() const { return sent_on; }
  bool room_was_full() const { return room_was_full_; }
  /// Ends the stay, unless a grant is on its way.
  void give_up();

 private:
  /// Until a first backend comes up, or until there is a place at one that is.
  std::chrono::milliseconds limit() const {
    const timeout_config& timeouts = rules_.settings.timeouts;
    return why_ == pick_result::none_up ? std::max(timeouts.hold - waited_, 0ms) : timeouts.queue;
  }
  void time_is_over();

  loop_parts parts_;
  waiting_room& room_;
  const generation& rules_;
  pick_result why_;
  std::chrono::milliseconds waited_{};
  std::coroutine_handle<> awaiter_;
  bool room_was_full_ = false;
  deadline timer_;
};

}  // namespace opslb::upstream
