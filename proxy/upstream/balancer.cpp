#include "proxy/upstream/balancer.hpp"

#include <algorithm>
#include <array>

#include "proxy/upstream/rendezvous.hpp"
#include "proxy/upstream/rotation.hpp"

namespace opslb::upstream {
namespace {

using std::chrono::steady_clock;

/// xorshift64: spreads ties and thins out a backend that is ramping up; nobody gains by guessing it.
double random_share() {
  thread_local std::uint64_t state = 0x9E3779B97F4A7C15u ^ reinterpret_cast<std::uintptr_t>(&state);
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return static_cast<double>(state >> 11) * 0x1.0p-53;
}

/// The smooth order of one set of backends, made again only when the set or its weights change. One per thread.
struct cached_rotation {
  std::uint64_t of = 0;
  backend_set set;
  std::vector<std::uint8_t> order;
};

}  // namespace

double ramp(steady_clock::duration since, std::chrono::milliseconds slow_start) {
  if (slow_start.count() == 0 || since >= slow_start) return 1.0;
  const double part = std::chrono::duration<double>(since) / std::chrono::duration<double>(slow_start);
  return std::max(0.1, part);
}

/// Those that may be picked, and how much of their weight counts now.
struct balancer::eligible {
  explicit eligible(const std::vector<backend_slot>& from) : backends(from) {}

  const std::vector<backend_slot>& backends;
  std::array<std::uint8_t, most_backends> index;  // of the first `count` places something is known
  std::array<double, most_backends> share;
  std::size_t count = 0;

  void add(std::size_t backend, double part) {
    index[count] = static_cast<std::uint8_t>(backend);
    share[count] = part;
    ++count;
  }
  void remove(std::size_t position) {
    --count;
    index[position] = index[count];
    share[position] = share[count];
  }
  double weight(std::size_t position) const { return share[position] * backends[index[position]].settings.weight; }

  /// The one with the lowest cost that still has a place, looking from `start` on so that ties are spread.
  template <typename Cost>
  pick lowest(std::size_t start, Cost cost, std::string_view why) {
    const std::string_view reason = count == 1 ? "only one left" : why;
    while (count > 0) {
      std::size_t best = start < count ? start : 0;
      double best_cost = cost(best);
      for (std::size_t step = 1, position = best; step < count; ++step) {
        position = position + 1 == count ? 0 : position + 1;
        const double its_cost = cost(position);
        if (its_cost < best_cost) {
          best = position;
          best_cost = its_cost;
        }
      }
      if (backends[index[best]].try_enter()) return {pick_result::picked, index[best], reason};
      remove(best);
    }
    return {pick_result::all_full, 0, {}};
  }

  /// The next in the smooth rotation that has a place.
  pick next_in_turn(std::uint64_t of, std::atomic<std::uint64_t>& cursor) {
    thread_local cached_rotation cached;
    backend_set set;
    for (std::size_t i = 0; i < count; ++i) set.set(index[i]);
    if (cached.of != of || cached.set != set) {
      std::array<unsigned, most_backends> weights{};
      for (std::size_t i = 0; i < count; ++i) weights[i] = backends[index[i]].settings.weight;
      cached = {of, set, smooth_sequence({weights.data(), count})};
    }
    const std::string_view reason = count == 1 ? "only one left" : "round robin";
    for (std::size_t step = 0; step < cached.order.size(); ++step) {
      const std::size_t at = cursor.fetch_add(1, std::memory_order_relaxed) % cached.order.size();
      const std::size_t position = cached.order[at];
      if (share[position] < 1.0 && random_share() >= share[position] && step + 1 < cached.order.size()) continue;
      if (backends[index[position]].try_enter()) return {pick_result::picked, index[position], reason};
    }
    return lowest(0, [](std::size_t) { return 0.0; }, reason);
  }
};

std::uint64_t balancer::next_serial() {
  static std::atomic<std::uint64_t> last{0};
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

pick balancer::choose(const std::vector<backend_slot>& backends, const backend_set& tried,
                      const headers::ip_address& client, steady_clock::time_point now) {
  eligible those(backends);
  bool any_up = false;
  for (std::size_t i = 0; i < backends.size(); ++i) {
    const health::entry& health = *backends[i].shared->health;
    if (!health.in_rotation()) continue;
    any_up = true;
    if (tried.test(i)) continue;
    const bool ramps = slow_start_.count() != 0 && health.up_since() != steady_clock::time_point{};
    those.add(i, ramps ? ramp(now - health.up_since(), slow_start_) : 1.0);
  }
  if (!any_up && pass_when_none_up_) {
    for (std::size_t i = 0; i < backends.size(); ++i) {
      if (!backends[i].shared->health->may_be_tried()) continue;
      any_up = true;
      if (!tried.test(i)) those.add(i, 1.0);
    }
  }
  if (!any_up) return {pick_result::none_up, 0, {}};
  if (those.count == 0) return {pick_result::all_tried, 0, {}};

  switch (rule_) {
    case balance_rule::round_robin: return those.next_in_turn(serial_, cursor_);
    case balance_rule::source_ip:
      return those.lowest(
          0,
          [&](std::size_t position) {
            const backend_slot& slot = backends[those.index[position]];
            const double score = rendezvous_score(slot.shared->name, client.bytes(), slot.settings.weight);
            return -score * those.share[position];
          },
          "source address");
    case balance_rule::least_requests: break;
  }
  const auto start = static_cast<std::size_t>(random_share() * static_cast<double>(those.count));
  return those.lowest(
      start,
      [&](std::size_t position) {
        const auto in_flight = backends[those.index[position]].shared->in_flight.load(std::memory_order_relaxed);
        return (static_cast<double>(in_flight) + 1.0) / those.weight(position);
      },
      "least requests");
}

}  // namespace opslb::upstream
