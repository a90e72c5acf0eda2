// Rise and fall as one small value (contract 6). Pure.
#pragma once

#include <cstdint>

namespace opslb::health {

/// What one check means: `healthy` is a 200; `unhealthy` is any other answer, Ops Manager's own word, which counts at
/// once; `unreachable` is no answer, which counts after `fall` in a row.
enum class verdict : std::uint8_t { healthy, unhealthy, unreachable };
enum class change : std::uint8_t { unchanged, went_up, went_down };

struct thresholds {
  unsigned rise = 2;
  unsigned fall = 2;
  bool none_up = false;  ///< no backend is up: one good check is enough
};

class standing {
 public:
  /// A backend starts down, and its first good check is enough.
  change observe(verdict result, const thresholds& bounds);
  bool is_up() const { return up_; }
  /// Down, and no longer fresh: `rise` good checks are due, whatever there were.
  void start_over();
  /// Results in a row that the last change took.
  unsigned took() const { return took_; }

 private:
  bool up_ = false;
  bool fresh_ = true;    ///< not yet observed
  unsigned streak_ = 0;  ///< results in a row that speak against the present state
  unsigned took_ = 0;
};

}  // namespace opslb::health
