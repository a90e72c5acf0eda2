// Picks a backend for a request (contract 2, `balance`): which are eligible, and which of those. Shared by all workers;
// what it remembers is one relaxed cursor. Taking the place under max_requests is part of the pick.
#pragma once

#include <atomic>
#include <bitset>
#include <chrono>
#include <cstdint>
#include <string_view>
#include <vector>

#include "headers/address.hpp"
#include "proxy/config.hpp"
#include "proxy/upstream/backend.hpp"

namespace opslb::upstream {

inline constexpr std::size_t most_backends = 64;
/// Backends by their index in the generation.
using backend_set = std::bitset<most_backends>;

enum class pick_result : std::uint8_t {
  picked,
  none_up,    ///< no backend is in rotation
  all_tried,  ///< those in rotation were tried already
  all_full,   ///< those left are at their max_requests
};

struct pick {
  pick_result result = pick_result::none_up;
  std::size_t index = 0;
  std::string_view why;  ///< constant: "least requests", "only one left", …
};

class balancer {
 public:
  balancer(balance_rule rule, std::chrono::milliseconds slow_start, bool pass_when_none_up)
      : rule_(rule),
        slow_start_(slow_start),
        pass_when_none_up_(pass_when_none_up) {}

  /// Any thread. On `picked`, a place at the backend was taken: leave() it.
  pick choose(const std::vector<backend_slot>& backends, const backend_set& tried, const headers::ip_address& client,
              std::chrono::steady_clock::time_point now);

 private:
  struct eligible;
  static std::uint64_t next_serial();

  balance_rule rule_;
  std::chrono::milliseconds slow_start_;
  bool pass_when_none_up_;
  std::uint64_t serial_ = next_serial();  ///< tells balancers apart, also where one takes another's memory
  alignas(64) std::atomic<std::uint64_t> cursor_{0};
};

/// The share of its weight that a backend gets which came up `since` ago: from a tenth to all of it, linearly over
/// `slow_start`. Pure.
double ramp(std::chrono::steady_clock::duration since, std::chrono::milliseconds slow_start);

}  // namespace opslb::upstream
