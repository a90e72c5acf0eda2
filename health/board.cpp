#include "health/board.hpp"

#include <algorithm>
#include <utility>

#include "health/release.hpp"

namespace opslb::health {

namespace {

constexpr std::size_t most_versions = 64;
constexpr std::size_t longest_version = 256;

}  // namespace

change entry::observe(verdict result, bool got_answer, const thresholds& bounds, steady_time now) {
  const bool first = checks_.fetch_add(1, std::memory_order_relaxed) == 0;
  const change what = standing_.observe(result, bounds);
  // Before `up`, so that a worker that sees the host up ramps it from the right moment.
  if (what == change::went_up && !first) {
    up_since_.store(now.time_since_epoch().count(), std::memory_order_relaxed);
  }
  if (what == change::went_down) went_down_.fetch_add(1, std::memory_order_relaxed);
  if (what != change::unchanged) {
    const std::lock_guard lock(mutex_);
    changed_ = std::chrono::system_clock::now();
  }
  set(answering, got_answer);
  set(up, standing_.is_up());
  return what;
}

void entry::put_back() {
  {
    const std::lock_guard lock(mutex_);
    changed_ = std::chrono::system_clock::now();
  }
  set(returning, true);
  set(drained, false);
}

void entry::start_over() {
  standing_.start_over();
  set(up, false);
  set(returning, false);
}

void entry::set(std::uint8_t bit, bool on) {
  if (on) {
    state_.fetch_or(bit, std::memory_order_acq_rel);
  } else {
    state_.fetch_and(static_cast<std::uint8_t>(~bit), std::memory_order_acq_rel);
  }
}

void entry::set_address(const headers::endpoint& where) {
  // Addresses are never forgotten, because workers hold pointers to them; a name leads to a handful in its life.
  const auto known = std::find(addresses_.begin(), addresses_.end(), where);
  const headers::endpoint& kept = known != addresses_.end() ? *known : addresses_.emplace_back(where);
  address_.store(&kept, std::memory_order_release);
}

void entry::set_last(last_check check) {
  const std::lock_guard lock(mutex_);
  history_.push_back(std::move(check));
  if (history_.size() > history_length) history_.pop_front();
}

bool entry::tell_version(std::string_view service_version) {
  const auto known = std::find(told_versions_.begin(), told_versions_.end(), service_version);
  // Like addresses they are never forgotten. A host that tells a new one all the time is not believed any more.
  const bool is_odd = service_version.size() > longest_version || told_versions_.size() == most_versions;
  if (known == told_versions_.end() && is_odd) return false;
  const std::string& kept = known != told_versions_.end() ? *known : told_versions_.emplace_back(service_version);
  service_version_.store(&kept, std::memory_order_release);
  return set_release(release_in(kept));
}

bool entry::set_release(std::string release) {
  // What it tells next is news again, also if it is what it told last.
  if (release.empty()) service_version_.store(nullptr, std::memory_order_release);
  const std::lock_guard lock(mutex_);
  if (release_ == release) return false;
  release_ = std::move(release);
  return true;
}

std::string entry::release() const {
  const std::lock_guard lock(mutex_);
  return release_;
}

last_check entry::last() const {
  const std::lock_guard lock(mutex_);
  return history_.empty() ? last_check{} : history_.back();
}

std::vector<last_check> entry::history() const {
  const std::lock_guard lock(mutex_);
  return {history_.begin(), history_.end()};
}

std::optional<std::chrono::system_clock::time_point> entry::changed() const {
  const std::lock_guard lock(mutex_);
  return changed_;
}

last_check entry::why_out() const {
  last_check result = last();
  if (is_drained()) {
    result.how = ending::drained;
    result.status = 0;
    result.text = "drained";
  }
  return result;
}

}  // namespace opslb::health
