// The simulated Ops Manager host: what it is called, which version it runs, how it feels, and what it has counted. Shared
// by all threads; everything that a request touches is an atomic.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/simulator/proxy_header.hpp"
#include "tests/support/simulator/settings.hpp"

namespace opslb::simulator {

enum class health_mode : std::uint8_t { ok, failing, hang, refuse, slow };

struct counters {
  std::atomic<std::uint64_t> requests = 0;  ///< answered or begun, without health checks
  std::atomic<std::uint64_t> health_checks = 0;
  std::atomic<std::int64_t> in_flight = 0;
  std::atomic<std::int64_t> connections = 0;  ///< open now
  std::atomic<std::uint64_t> accepted = 0;
};

class host {
 public:
  explicit host(settings wanted);

  const settings& wanted() const { return settings_; }

  std::string version() const;
  void set_version(std::string version);
  /// Changes with every set_version(), so that a connection can keep what it made of the version.
  std::uint64_t version_generation() const { return generation_.load(std::memory_order_acquire); }
  /// The header lines by which every answer tells who gave it.
  std::string header_lines() const;

  void remember(const proxy_header& header);
  std::vector<proxy_header> remembered_proxy_headers() const;

  std::atomic<health_mode> health = health_mode::ok;
  std::atomic<std::chrono::milliseconds> health_delay{};
  std::atomic<bool> leaving = false;  ///< shutting down for an upgrade: no connection is kept
  counters counted;

 private:
  const settings settings_;
  mutable std::mutex mutex_;
  std::string version_;
  std::deque<proxy_header> proxy_headers_;
  std::atomic<std::uint64_t> generation_ = 1;
};

}  // namespace opslb::simulator
