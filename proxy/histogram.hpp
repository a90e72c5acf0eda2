// How long things took, counted in buckets whose bounds suit Ops Manager: agents are answered in milliseconds, archives and
// restores take minutes. Written by one thread, read by any; adding readings up is the reader's business.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "proxy/counter.hpp"

namespace opslb {

/// Upper bounds of the buckets in microseconds, each inclusive. What is above the last one has a bucket of its own.
inline constexpr std::array<std::uint64_t, 21> latency_bounds = {
    500,        1'000,      2'000,       5'000,       10'000,      20'000,      50'000,
    100'000,    200'000,    500'000,     1'000'000,   2'000'000,   5'000'000,   10'000'000,
    30'000'000, 60'000'000, 120'000'000, 180'000'000, 300'000'000, 600'000'000, 3'600'000'000};

inline constexpr std::size_t latency_buckets = latency_bounds.size() + 1;

namespace detail {

/// Of durations that have the same number of bits: the lowest bucket, and its upper bound.
struct bucket_bound {
  std::uint64_t lowest = 0;
  std::uint64_t bound = std::numeric_limits<std::uint64_t>::max();
};

/// By that number of bits. Nothing has none: 0 goes where 1 goes.
constexpr auto bucket_bounds = [] {
  std::array<bucket_bound, 65> table{};
  for (std::size_t bits = 1; bits < table.size(); ++bits) {
    const std::uint64_t least = std::uint64_t{1} << (bits - 1);
    std::uint64_t& lowest = table[bits].lowest;
    while (lowest < latency_bounds.size() && latency_bounds[lowest] < least) ++lowest;
    if (lowest < latency_bounds.size()) table[bits].bound = latency_bounds[lowest];
  }
  return table;
}();

/// One comparison decides between two buckets, so no two bounds may have the same number of bits.
static_assert(std::adjacent_find(latency_bounds.begin(), latency_bounds.end(), [](std::uint64_t a, std::uint64_t b) {
                return std::bit_width(a) >= std::bit_width(b);
              }) == latency_bounds.end());

}  // namespace detail

/// The bucket of a duration, found without a loop or a division.
constexpr std::size_t latency_bucket(std::uint64_t microseconds) {
  const auto [lowest, bound] = detail::bucket_bounds[static_cast<std::size_t>(std::bit_width(microseconds | 1U))];
  return lowest + (microseconds > bound ? 1 : 0);
}

class latency_histogram {
 public:
  /// A clock that went back gives nothing below zero.
  void observe(std::int64_t microseconds) {
    const auto duration = static_cast<std::uint64_t>(std::max<std::int64_t>(microseconds, 0));
    ++counts_[latency_bucket(duration)];
    sum_ += duration;
  }
  std::uint64_t count(std::size_t bucket) const { return counts_[bucket].get(); }
  std::uint64_t sum() const { return sum_.get(); }  ///< microseconds

 private:
  std::array<counter, latency_buckets> counts_;
  counter sum_;
};

/// What one or several histograms say at one moment.
struct latency_reading {
  std::array<std::uint64_t, latency_buckets> counts{};
  std::uint64_t sum = 0;  ///< microseconds

  void add(const latency_histogram& from) {
    for (std::size_t i = 0; i < counts.size(); ++i) counts[i] += from.count(i);
    sum += from.sum();
  }
};

/// The three phases that are told of everywhere.
struct latencies {
  latency_histogram connect;  ///< new connections to a backend, until they can be used; those that failed are not in it
  latency_histogram first_byte;  ///< until the response's head was whole
  latency_histogram total;       ///< until all was over
};

struct latencies_reading {
  latency_reading connect, first_byte, total;

  void add(const latencies& from) {
    connect.add(from.connect);
    first_byte.add(from.first_byte);
    total.add(from.total);
  }
};

}  // namespace opslb
