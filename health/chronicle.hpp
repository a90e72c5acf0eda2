// What the operator is told of the hosts' comings and goings: each transition is one line with its reason, but a time
// without any host up is one event when it begins, with its likely cause, and one when it ends. Pure; one per check
// loop.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "health/checker.hpp"
#include "health/outage.hpp"

namespace opslb::health {

/// A host went up or down.
struct transition {
  change what = change::unchanged;
  checked_host host;
  unsigned in_a_row = 1;  ///< results that it took
  bool was_up = false;    ///< at any time before
};

/// All hosts as they are now, with the path they are asked for.
struct picture {
  std::span<const checked_host> hosts;  ///< each with what keeps it from serving
  bool any_up = false;                  ///< and in rotation
  std::string_view path;
};

class chronicle {
 public:
  using time = std::chrono::steady_clock::time_point;

  event note(const transition& what, const picture& all, time now);

  /// A host was drained, perhaps the last one that served.
  std::optional<event> note_drain(const picture& all, time now);

  /// Every host has had a result since start or reload. A host that starts down makes no transition, so `down`, those
  /// of which nothing was told yet, and an outage that was there from the beginning are told here.
  std::vector<event> note_first_round(std::span<const checked_host> down, const picture& all, time now);

 private:
  std::optional<time> none_up_since_;
};

/// "7 s", "3 min 12 s", "2 h 5 min"
std::string describe_span(std::chrono::steady_clock::duration span);

}  // namespace opslb::health
