#include "proxy/deadline.hpp"

#include <algorithm>

namespace opslb {
namespace {

using detail::ring_link;

void make_empty(ring_link& ring) { ring.previous = ring.next = &ring; }
bool is_empty(const ring_link& ring) { return ring.next == &ring; }

void append(ring_link& ring, ring_link& what) {
  what.previous = ring.previous;
  what.next = &ring;
  what.previous->next = &what;
  ring.previous = &what;
}

void take_out(ring_link& what) {
  what.previous->next = what.next;
  what.next->previous = what.previous;
  what = {};
}

/// Moves all of `from` to the empty ring `to`.
void move_all(ring_link& from, ring_link& to) {
  if (is_empty(from)) return;
  to = from;
  to.next->previous = &to;
  to.previous->next = &to;
  make_empty(from);
}

}  // namespace

deadline::~deadline() { wheel_.unlink(*this); }

void deadline::link_earlier() {
  wheel_.unlink(*this);
  wheel_.link(*this);
}

deadline_wheel::deadline_wheel(std::chrono::milliseconds tick, time_point start)
    : tick_(tick),
      start_(start),
      now_(start) {
  for (auto& slot : ring_) make_empty(slot);
}

deadline_wheel::~deadline_wheel() {
  for (auto& slot : ring_) {
    while (!is_empty(slot)) unlink(static_cast<deadline&>(*slot.next));
  }
}

std::int64_t deadline_wheel::first_tick_not_before(time_point when) const {
  if (when <= start_) return 0;
  const auto since = when - start_;
  return since / tick_ + (since % tick_ == time_point::duration::zero() ? 0 : 1);
}

void deadline_wheel::link(deadline& what) {
  // Not before the next turn, so that a callback which arms its deadline for a time that has passed is not called on and
  // on; and within one turn of the wheel, whose slot then links it again.
  const auto tick =
      std::clamp(first_tick_not_before(what.due_), current_ + 1, current_ + static_cast<std::int64_t>(slots) - 1);
  append(slot_of(tick), what);
  what.looked_at_ = time_of(tick);
  ++linked_;
}

void deadline_wheel::unlink(deadline& what) {
  if (what.next == nullptr) return;
  take_out(what);
  what.looked_at_ = deadline::never;
  --linked_;
}

void deadline_wheel::advance(time_point now) {
  if (now <= now_) return;
  now_ = now;
  const auto target = (now - start_) / tick_;
  // After a long pause every slot has its turn once. What callbacks arm meanwhile counts from the new time on.
  const auto first = std::max(current_ + 1, target - static_cast<std::int64_t>(slots) + 1);
  current_ = target;
  for (auto tick = first; tick <= target; ++tick) take_turn(slot_of(tick));
}

void deadline_wheel::take_turn(ring_link& slot) {
  ring_link turn;  // apart, because callbacks may link into this very slot
  make_empty(turn);
  move_all(slot, turn);
  while (!is_empty(turn)) {
    auto& each = static_cast<deadline&>(*turn.next);
    unlink(each);
    if (!each.is_armed()) continue;
    if (each.due_ > now_) {
      link(each);
      continue;
    }
    each.disarm();
    each.expired_(each.who_);  // may destroy it, and any other in this turn
  }
}

std::optional<deadline_wheel::time_point> deadline_wheel::next_due() const {
  if (empty()) return std::nullopt;
  for (std::int64_t tick = current_ + 1; tick <= current_ + static_cast<std::int64_t>(slots); ++tick) {
    if (!is_empty(ring_[static_cast<std::size_t>(tick) % slots])) return time_of(tick);
  }
  return std::nullopt;
}

}  // namespace opslb
