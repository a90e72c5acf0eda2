// One request's stay in the waiting room, as an awaitable. Ends by a grant, which another thread posts, or here, when time is
// over or the client is gone. Lives in the waiting coroutine's frame; one thread, but for what the room does with its ticket.
#pragma once

#include <coroutine>
#include <cstdint>

#include "proxy/loop_parts.hpp"
#include "proxy/upstream/waiting_room.hpp"

namespace opslb::upstream {

class stay : public ticket {
 public:
  struct bounds {
    std::uint64_t waiting = 0;          ///< limits.waiting
    std::chrono::milliseconds hold{};   ///< for a first backend to come up
    std::chrono::milliseconds queue{};  ///< for a place at one that is up
  };

  /// `who` says for what it waits, `why` why it has to: none_up or all_full.
  stay(loop_parts parts, waiting_room& room, const ticket& who, pick_result why, const bounds& within);

  bool await_ready() const noexcept { return limit().count() == 0; }
  bool await_suspend(std::coroutine_handle<> awaiter);
  /// What was granted, or why nothing was.
  pick await_resume() const;

  bool room_was_full() const { return room_was_full_; }
  /// Ends the stay, unless a grant is on its way.
  void give_up();

 private:
  std::chrono::milliseconds limit() const { return why_ == pick_result::none_up ? bounds_.hold : bounds_.queue; }
  void time_is_over();

  loop_parts parts_;
  waiting_room& room_;
  pick_result why_;
  bounds bounds_;
  std::coroutine_handle<> awaiter_;
  bool room_was_full_ = false;
  deadline timer_;
};

}  // namespace opslb::upstream
