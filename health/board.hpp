// What is known of each backend's health: written by the checker's thread alone, read by workers without a lock. One
// `entry` lives as long as its backend is configured, across reloads, so state and counters survive them.
#pragma once

#include <sys/socket.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "headers/address.hpp"
#include "health/standing.hpp"
#include "health/verdict.hpp"

namespace opslb::health {

/// The last check of a backend, for logs and reports.
struct last_check {
  std::chrono::system_clock::time_point at{};
  std::chrono::milliseconds took{};
  ending how = ending::unchecked;
  unsigned status = 0;  ///< 0: no answer
  std::string text;     ///< "answered 200", "connection refused", "no answer within 3s", …
};

class entry {
 public:
  using steady_time = std::chrono::steady_clock::time_point;

  // For workers, any thread, lock-free.

  /// Gets new requests: passes its checks, and was not taken out of rotation.
  bool in_rotation() const { return (state_.load(std::memory_order_acquire) & (up | drained | returning)) == up; }
  /// The last check got an HTTP answer of any status, for `when_none_up: pass`, and it was not taken out of rotation.
  bool may_be_tried() const { return (state_.load(std::memory_order_relaxed) & (answering | drained)) == answering; }
  /// Passes its checks, in rotation or out of it.
  bool is_up() const { return (state_.load(std::memory_order_acquire) & (up | returning)) == up; }
  /// Was taken out of rotation by the operator. What was in flight there may still be.
  bool is_drained() const { return (state_.load(std::memory_order_acquire) & drained) != 0; }
  /// Was put back, and has still to pass its checks.
  bool is_returning() const { return (state_.load(std::memory_order_relaxed) & returning) != 0; }
  bool answers() const { return (state_.load(std::memory_order_relaxed) & answering) != 0; }
  /// When it last came up; the epoch if it was up from its first check on (no slow start then).
  steady_time up_since() const { return steady_time(steady_time::duration(up_since_.load(std::memory_order_relaxed))); }
  /// Where to connect; nullptr until its name has been resolved once. Addresses live as long as the entry, and one
  /// address is always the same pointer, so comparing pointers compares addresses.
  const headers::endpoint* address() const { return address_.load(std::memory_order_acquire); }
  /// Its X-MongoDB-Service-Version was this when it last told one. Compares, so that what does not change costs no more.
  bool has_told(std::string_view service_version) const {
    const std::string* last = service_version_.load(std::memory_order_acquire);
    return last != nullptr && *last == service_version;
  }
  /// Takes it out of rotation, at once and across reloads.
  void drain() { state_.fetch_or(drained, std::memory_order_acq_rel); }
  /// The end of a drain: it is down, until start_over() was called and it has passed `rise` checks from then on.
  void put_back();

  // For the checker's thread.

  /// Takes in one result; what changed, if anything. `now` stamps up_since.
  change observe(verdict result, bool got_answer, const thresholds& bounds, steady_time now);
  /// After put_back(): checks count from now on.
  void start_over();
  /// Where its name leads now. Each address is kept once.
  void set_address(const headers::endpoint& where);
  void set_last(last_check check);
  /// It has told its version, as release_in() reads it. False: that is no news.
  bool tell_version(std::string_view service_version);
  /// Its release became known otherwise; empty: it is no longer known. False: that is no news.
  bool set_release(std::string release);
  /// Checks in a row that the last change took.
  unsigned took() const { return standing_.took(); }

  // For checker::suspect, any thread: of many reports between two checks only the first has to reach the checker's
  // thread.

  /// True for the first since the last clear_suspicion().
  bool raise_suspicion() const { return !suspected_.exchange(true, std::memory_order_relaxed); }
  /// Whether there was any.
  bool clear_suspicion() { return suspected_.exchange(false, std::memory_order_relaxed); }
  /// The same for a version that live traffic has come upon.
  bool raise_version() const { return !version_raised_.exchange(true, std::memory_order_relaxed); }
  void clear_version() { version_raised_.store(false, std::memory_order_relaxed); }

  // For reports, any thread.

  /// "8.0.4"; empty: not known.
  std::string release() const;
  last_check last() const;
  /// The same, or that it is drained, if that is why it serves nobody.
  last_check why_out() const;
  /// The last checks, at most `history_length`, the newest last.
  std::vector<last_check> history() const;
  static constexpr std::size_t history_length = 60;
  /// When it last went up or down or was put back; nothing before its first change.
  std::optional<std::chrono::system_clock::time_point> changed() const;
  std::uint64_t checks() const { return checks_.load(std::memory_order_relaxed); }
  std::uint64_t went_down() const { return went_down_.load(std::memory_order_relaxed); }

 private:
  static constexpr std::uint8_t up = 1;
  static constexpr std::uint8_t answering = 2;
  static constexpr std::uint8_t drained = 4;
  static constexpr std::uint8_t returning = 8;  ///< put back; the checks have still to hear of it
  void set(std::uint8_t bit, bool on);

  std::atomic<std::uint8_t> state_{0};
  std::atomic<steady_time::rep> up_since_{0};
  std::atomic<const headers::endpoint*> address_{nullptr};
  mutable std::atomic<bool> suspected_{false};
  std::atomic<const std::string*> service_version_{nullptr};
  mutable std::atomic<bool> version_raised_{false};
  std::atomic<std::uint64_t> checks_{0};
  std::atomic<std::uint64_t> went_down_{0};

  standing standing_;
  std::deque<headers::endpoint> addresses_;  ///< every address it ever had; grown by the checker's thread only
  std::deque<std::string> told_versions_;    ///< every one it ever told, likewise
  mutable std::mutex mutex_;                 ///< guards the rest
  std::deque<last_check> history_;
  std::optional<std::chrono::system_clock::time_point> changed_;
  std::string release_;
};

}  // namespace opslb::health
