#include "health/board.hpp"

#include <algorithm>
#include <utility>

namespace opslb::health {

change entry::observe(verdict result, bool got_answer, const thresholds& bounds, steady_time now) {
  const bool first = checks_.fetch_add(1, std::memory_order_relaxed) == 0;
  const change what = standing_.observe(result, bounds);
  // Before up_, so that a worker that sees the host up ramps it from the right moment.
  if (what == change::went_up && !first) {
    up_since_.store(now.time_since_epoch().count(), std::memory_order_relaxed);
  }
  if (what == change::went_down) went_down_.fetch_add(1, std::memory_order_relaxed);
  answers_.store(got_answer, std::memory_order_relaxed);
  up_.store(standing_.is_up(), std::memory_order_release);
  return what;
}

void entry::set_address(const headers::endpoint& where) {
  // Addresses are never forgotten, because workers hold pointers to them; a name leads to a handful in its life.
  const auto known = std::find(addresses_.begin(), addresses_.end(), where);
  const headers::endpoint& kept = known != addresses_.end() ? *known : addresses_.emplace_back(where);
  address_.store(&kept, std::memory_order_release);
}

void entry::set_last(last_check check) {
  const std::lock_guard lock(mutex_);
  last_ = std::move(check);
}

last_check entry::last() const {
  const std::lock_guard lock(mutex_);
  return last_;
}

}  // namespace opslb::health
