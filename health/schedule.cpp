#include "health/schedule.hpp"

#include <algorithm>
#include <cassert>

namespace opslb::health {

namespace {

/// Between two checks of one backend that are not due by the grid.
constexpr schedule::duration pause = std::chrono::seconds(1);

}  // namespace

schedule::schedule(time start, duration interval, duration offset)
    : interval_(interval),
      start_(start),
      next_(start + offset) {
  assert(interval > duration::zero() && offset > duration::zero());
}

schedule::time schedule::due(bool hurried) const {
  if (!checked_) return start_;
  time soonest = next_;
  if (hurried) soonest = std::min(soonest, began_ + pause);
  if (suspected_) soonest = std::min(soonest, std::max(suspected_at_, began_ + pause));
  return soonest;
}

void schedule::begin(time now) {
  checked_ = true;
  suspected_ = false;
  began_ = now;
  // A check that took longer than the interval has missed points of the grid; they are not made up for.
  if (next_ <= now) next_ += ((now - next_) / interval_ + 1) * interval_;
}

void schedule::suspect(time now) {
  if (suspected_) return;
  suspected_ = true;
  suspected_at_ = now;
}

schedule::duration spread(schedule::duration interval, std::size_t index, std::size_t count, double random) {
  assert(index < count && random >= 0 && random < 1);
  const double slot = (static_cast<double>(index) + random) / static_cast<double>(count);
  const auto offset =
      schedule::duration(static_cast<schedule::duration::rep>((1 - slot) * static_cast<double>(interval.count())));
  return std::max(offset, schedule::duration(1));
}

}  // namespace opslb::health
