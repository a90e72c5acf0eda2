// Deadlines of one thread: a hashed wheel of 512 slots, one for each tick. Made for deadlines that move with every byte and
// hardly ever expire: while a deadline moves away, arming it only stores the new time, and its slot finds out when its turn
// comes. No clock and no timer inside; whoever owns the wheel says what time it is. Nothing here allocates.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace opslb {

class deadline_wheel;

namespace detail {

/// A place in the ring of one slot; null while in none.
struct ring_link {
  ring_link* previous = nullptr;
  ring_link* next = nullptr;
};

}  // namespace detail

/// A point in time at which something happens unless it is put off. Owned by whoever waits; destroying it disarms it. Must
/// not be used any more when its wheel is gone, but may be destroyed then.
class deadline : private detail::ring_link {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  /// `expired(who)` is called from deadline_wheel::advance(), disarmed already.
  deadline(deadline_wheel& wheel, void (*expired)(void*), void* who) : wheel_(wheel), expired_(expired), who_(who) {}
  ~deadline();
  deadline(const deadline&) = delete;
  deadline& operator=(const deadline&) = delete;

  /// At least this long from now on, although the wheel may not have been told of the time for a tick.
  void expire_after(std::chrono::milliseconds time);
  void expire_at(time_point when) {
    due_ = when;
    if (when < looked_at_) link_earlier();
  }
  void disarm() { due_ = never; }
  bool is_armed() const { return due_ != never; }

 private:
  friend class deadline_wheel;
  static constexpr time_point never = time_point::max();

  void link_earlier();

  deadline_wheel& wheel_;
  void (*expired_)(void*);
  void* who_;
  time_point due_ = never;        ///< may be later than its slot's turn, never earlier
  time_point looked_at_ = never;  ///< the turn of its slot; `never` while it is in none
};

class deadline_wheel {
 public:
  using time_point = deadline::time_point;

  explicit deadline_wheel(std::chrono::milliseconds tick = std::chrono::milliseconds(100),
                          time_point start = std::chrono::steady_clock::now());
  ~deadline_wheel();
  deadline_wheel(const deadline_wheel&) = delete;
  deadline_wheel& operator=(const deadline_wheel&) = delete;

  /// Calls what has expired: never early, and at most two ticks late if this is called once a tick. Callbacks may arm,
  /// disarm and destroy any deadline, their own included. To be called before anything is armed after a pause.
  void advance(time_point now);
  /// The time last told: what arming is relative to.
  time_point now() const { return now_; }

  /// No slot holds anything; a deadline that was disarmed may still count until its slot's turn.
  bool empty() const { return linked_ == 0; }
  /// When the next slot that holds anything has its turn. Looks at every slot: for once a tick, not once a request.
  std::optional<time_point> next_due() const;

 private:
  friend class deadline;
  static constexpr std::size_t slots = 512;
  using ring_link = detail::ring_link;

  std::int64_t first_tick_not_before(time_point when) const;
  time_point time_of(std::int64_t tick) const { return start_ + tick * tick_; }
  ring_link& slot_of(std::int64_t tick) { return ring_[static_cast<std::size_t>(tick) % slots]; }

  void link(deadline& what);
  void unlink(deadline& what);
  void take_turn(ring_link& slot);

  const std::chrono::milliseconds tick_;
  const time_point start_;
  time_point now_;
  std::int64_t current_ = 0;  ///< the last tick whose slot had its turn
  std::size_t linked_ = 0;
  std::array<ring_link, slots> ring_;
};

inline void deadline::expire_after(std::chrono::milliseconds time) {
  constexpr std::chrono::milliseconds longest = std::chrono::hours(24 * 365 * 100);  // what adds up without overflow
  expire_at(wheel_.now() + wheel_.tick_ + std::min(time, longest));
}

}  // namespace opslb
