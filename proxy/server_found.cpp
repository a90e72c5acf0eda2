// What comes into force while the server runs, and hosts that come and go under the names of backends, without a reload.
#include <algorithm>
#include <atomic>
#include <memory>
#include <utility>

#include "proxy/checked_backends.hpp"
#include "proxy/news.hpp"
#include "proxy/serving.hpp"

namespace opslb {
namespace {

void tell_hosts(const generation& now) { news::info("hosts found are in use backends={}", now.backends.size()); }

}  // namespace

/// It is in force, and `heard` called, once every worker has it; what was posted to them before has been carried out by then.
void server::put_in_force(std::shared_ptr<const generation> next, const std::function<void(const generation&)>& heard) {
  const auto before = std::exchange(current_, std::move(next));
  drains_.adopt(state_file_of(current_->settings), *current_);
  show_busy_before();
  const auto missing = std::make_shared<std::atomic<std::size_t>>(workers_.size());
  for (const auto& each : workers_) {
    each->use(current_, [this, missing, heard, now = current_] {
      if (missing->fetch_sub(1) != 1) return;
      shared_.room.send_on(now->backends);
      boost::asio::post(loop_, [heard, now] { heard(*now); });
    });
    for (const upstream::backend_slot& slot : before->backends) {
      if (!current_->has(*slot.shared)) each->leave(slot.shared, [] {});
    }
  }
  // Whoever waits keeps the configuration that it came with, but a backend in that one may have come up.
  shared_.room.serve();
}

/// Names lead elsewhere, perhaps.
void server::use_found() {
  if (draining_ || changing_) return;
  auto found = names_.changed_from(current_->settings);
  if (!found) return;
  const auto backends = backends_for(*found, current_.get(), workers_.size());
  const auto next = std::make_shared<const generation>(std::move(*found), backends, *current_);
  drains_.keep_out(*next);
  // Where some stay, newcomers can have their first check later. Where none does, those that there were serve until then.
  const bool goes_on =
      std::any_of(backends.begin(), backends.end(), [](const auto& each) { return each->health->in_rotation(); });
  if (goes_on) {
    checker_->use(targets_of(next), checks_of(next->settings), [] {});
    return put_in_force(next, tell_hosts);
  }
  changing_ = true;
  checker_->use(targets_of(next), checks_of(next->settings), [this, next] {
    boost::asio::post(loop_, [this, next] {
      if (draining_) return;
      put_in_force(next, tell_hosts);
      settle();
    });
  });
}

/// A change is over: what came meanwhile has its turn. Each of these may begin the next change, or a takeover.
void server::settle() {
  changing_ = false;
  use_found();
  take_over_if_due();
  if (!lineage_.is_under_way()) reload_if_due();
}

void server::reload_if_due() {
  if (changing_ || draining_ || !std::exchange(reload_due_, false)) return;
  reload();
}

}  // namespace opslb
