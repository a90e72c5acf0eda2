// The order of a rolling upgrade, host by host, as a state machine that looks at what the running process tells and says what is to
// be done next. It keeps nothing that the process does not tell as well, so it can be left and taken up again. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace opslb::command {

enum class host_state : std::uint8_t { up, down, draining, drained };

/// A host as the process tells of it.
struct seen_host {
  std::string name;
  host_state state = host_state::down;
  std::string version;       ///< empty: not known
  bool is_healthy = false;   ///< passed its last check
  std::string check;         ///< what came of that: "answered 200"
  bool was_away = false;     ///< while drained it failed a check
  unsigned good_checks = 0;  ///< in a row up to now
  std::uint64_t in_flight = 0;
  std::string oldest;  ///< what is in flight there for the longest time, in words; or empty
};

enum class walk_action : std::uint8_t {
  wait,      ///< look again in a moment
  drain,     ///< `host`
  put_back,  ///< `host`
  confirm,   ///< it is back with the version that it had: does the operator want it put back?
  finish,    ///< all is done
};

struct walk_step {
  walk_action what = walk_action::wait;
  std::string host;
  std::vector<std::string> news;  ///< lines to be said once
  std::string progress;           ///< what is being waited for; changes often
};

class upgrade_walk {
 public:
  /// `only`: this host alone; empty: all that have not the newest version yet.
  upgrade_walk(const std::vector<seen_host>& seen, std::string_view only);

  /// Why it cannot be begun, and what to do; empty: it can.
  const std::string& why_not() const { return why_not_; }
  /// The hosts that are to be upgraded, in this order.
  const std::vector<std::string>& plan() const { return to_do_; }
  /// What the operator should know before it begins.
  std::vector<std::string> describe(const std::vector<seen_host>& seen) const;

  walk_step next(const std::vector<seen_host>& seen);
  /// The operator says that the host which is out is ready, whatever its version. Nothing said before it was empty counts:
  /// nobody can have upgraded it yet.
  void confirmed() { is_confirmed_ = now_ == phase::away; }
  /// The process has drained, or put back, the host of the last step.
  void carried_out(walk_action what) { host_is_out_ = what == walk_action::drain; }
  /// How to go on, or back, if it is left now.
  std::string how_to_go_on() const;

 private:
  enum class phase : std::uint8_t { choosing, draining, emptying, away, returning };

  void choose_from(const std::vector<seen_host>& seen, std::string_view only);
  walk_step choose(const std::vector<seen_host>& seen);
  walk_step empty(const seen_host& host);
  walk_step watch(const seen_host& host);
  walk_step put_back(const seen_host& host, std::string why);
  walk_step await_return(const seen_host& host);
  std::string place() const;

  std::vector<std::string> to_do_;
  std::vector<std::string> done_before_;
  std::string why_not_;
  std::size_t at_ = 0;  ///< of to_do_
  phase now_ = phase::choosing;
  bool host_is_out_ = false;    ///< as far as the process has said
  std::string version_before_;  ///< of the host that is out; empty: not known
  bool told_away_ = false;
  bool asked_ = false;
  bool is_confirmed_ = false;
};

}  // namespace opslb::command
