// When the next check of one backend is due. Checks fall on a grid of `interval`, whose offset differs from backend to
// backend so that they do not all come at once; on top of that a check can be hurried or brought forward, never to more
// than one a second. Pure: no clock and no randomness inside. Owned by the check loop, one per backend.
#pragma once

#include <chrono>
#include <cstddef>

namespace opslb::health {

class schedule {
 public:
  using clock = std::chrono::steady_clock;
  using time = clock::time_point;
  using duration = clock::duration;

  /// The first check is due at `start`, the second at `start + offset`, and then one every interval. Offset and
  /// interval are above zero.
  schedule(time start, duration interval, duration offset);

  /// When the next check should begin. `hurried`: every second, because no backend is up.
  time due(bool hurried) const;

  /// A check begins now; whatever had brought it forward is done with.
  void begin(time now);

  /// Live traffic could not connect at `now`.
  void suspect(time now);

 private:
  duration interval_;
  time start_;
  time next_;  ///< on the grid
  time began_{};
  bool checked_ = false;
  bool suspected_ = false;
  time suspected_at_{};
};

/// The offset for backend `index` of `count`, each in a slot of its own: above zero, at most one interval. `random`,
/// from 0 to below 1, moves all of them, so that several load balancers do not check a host in step.
schedule::duration spread(schedule::duration interval, std::size_t index, std::size_t count, double random);

}  // namespace opslb::health
