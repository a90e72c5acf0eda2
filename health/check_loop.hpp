// What the checker's thread runs: for each target a coroutine that waits until a check is due, probes, and hands the
// result in here, where it meets the results of the others. Internal to health/: includes Asio.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "health/checker.hpp"
#include "health/chronicle.hpp"
#include "health/lookup.hpp"
#include "health/probe.hpp"
#include "health/release_watch.hpp"
#include "health/schedule.hpp"

namespace opslb::health {

/// One target of the present use() or, until its coroutine has noticed, of an earlier one.
struct watched {
  watched(boost::asio::io_context& io, target subject, const check_settings& settings, schedule dates);
  /// Ends the coroutine, at once even in the middle of a probe.
  void end();

  target what;
  probe_plan probing;
  std::chrono::milliseconds timeout;
  schedule plan;
  name_lookup name;
  boost::asio::steady_timer wake;      ///< for the next check
  boost::asio::steady_timer deadline;  ///< of the check in flight
  bool ended = false;
  bool first_round = true;  ///< has had no result yet
  /// The end of a drain: checks that began before do not count.
  std::chrono::steady_clock::time_point counts_from{};
  bool returns = false;    ///< is on its way to `rise` good checks, or was drained and is to begin with them
  bool suspected = false;  ///< since its last good check clients could not connect
  bool told = false;       ///< the operator has heard of it, so only changes are news
};

class check_loop {
 public:
  explicit check_loop(checker::callbacks tell);
  ~check_loop();
  check_loop(const check_loop&) = delete;
  check_loop& operator=(const check_loop&) = delete;

  // Any thread.

  void use(std::vector<target> targets, check_settings settings, std::function<void()> first_round_done);
  void suspect(const entry* who);
  void told_version(const entry* who, std::string_view service_version);
  void drain(entry& who);
  void put_back(std::shared_ptr<entry> who);

  // For the coroutines.

  /// Checks of this host do not wait for its interval.
  bool hurries(const watched& host) const;
  void take_in(watched& host, const probe_result& result, std::chrono::milliseconds took);

 private:
  void replace(std::vector<target> targets, check_settings settings, std::function<void()> first_round_done);
  void end_all();
  void wake_all();
  bool any_serves() const;
  void news_of(watched& host, change what, bool none_was_up);
  void end_first_round();
  std::vector<checked_host> hosts(bool (*wanted)(const watched&)) const;

  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  checker::callbacks tell_;
  check_settings settings_;
  std::vector<std::shared_ptr<watched>> watched_;
  std::size_t first_results_due_ = 0;
  std::function<void()> first_round_done_;
  chronicle chronicle_;
  release_watch releases_;
  std::chrono::steady_clock::time_point hurry_until_{};
  std::minstd_rand random_{std::random_device{}()};
  std::thread thread_;
};

}  // namespace opslb::health
