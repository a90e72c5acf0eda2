#include "health/standing.hpp"

#include <utility>

namespace opslb::health {

namespace {

/// How many results in a row it takes to leave the present state.
unsigned needed(bool up, bool fresh, verdict result, const thresholds& bounds) {
  if (up) return result == verdict::unhealthy ? 1 : bounds.fall;
  return fresh || bounds.none_up ? 1 : bounds.rise;
}

}  // namespace

change standing::observe(verdict result, const thresholds& bounds) {
  const bool good = result == verdict::healthy;
  const bool fresh = std::exchange(fresh_, false);
  if (good == up_) {
    streak_ = 0;
    return change::unchanged;
  }
  ++streak_;
  if (streak_ < needed(up_, fresh, result, bounds)) return change::unchanged;
  took_ = std::exchange(streak_, 0);
  up_ = good;
  return up_ ? change::went_up : change::went_down;
}

void standing::start_over() {
  up_ = false;
  fresh_ = false;
  streak_ = 0;
}

}  // namespace opslb::health
