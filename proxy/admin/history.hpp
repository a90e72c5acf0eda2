// The last five minutes in numbers, for a status page that has just been opened: what the counters were every two seconds.
// Counters and no rates: whoever reads it takes the differences, as between two answers of /api/v1/status. Bounded. Belongs to
// the endpoint's thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "proxy/admin/report.hpp"

namespace opslb::admin {

class history {
 public:
  static constexpr std::chrono::seconds interval{2};
  static constexpr std::size_t most_samples = 151;

  /// What one host, or all together, had counted at one moment.
  struct counted {
    std::uint64_t requests = 0, in_flight = 0;
    std::optional<std::uint64_t> errors;  ///< answers of 5xx, and exchanges that broke off
    std::optional<std::uint64_t> bytes_in, bytes_out;
    std::vector<std::uint64_t> latency;  ///< of whole exchanges, by bucket; empty: not known
  };
  struct sample {
    wall_time at{};
    counted totals;
    std::map<std::string, counted, std::less<>> backends;
  };

  /// Takes in how things stand, and forgets what is older than five minutes.
  void add(const report& now);

  /// The oldest first.
  const std::deque<sample>& samples() const { return samples_; }
  /// Of the histograms, in seconds.
  const std::vector<double>& bounds() const { return bounds_; }

 private:
  std::vector<double> bounds_;
  std::deque<sample> samples_;
};

/// The answer of /api/v1/history: for each number a list, one value for each moment of "at" (seconds since 1970), null where it
/// is not known. "latency" says which buckets grew since the moment before, as [bucket, by how much]; "latency_first" is the
/// whole histogram at the first one.
std::string to_json(const history& all);

}  // namespace opslb::admin
