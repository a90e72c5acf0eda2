#include "proxy/still_there.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "proxy/worker.hpp"

namespace opslb {

void still_there::ask(const std::vector<std::unique_ptr<worker>>& workers,
                      const std::shared_ptr<const upstream::backend>& which) {
  take_in();
  if (asked_) return;
  asked_ = std::make_shared<round>(workers.size());
  for (std::size_t i = 0; i < workers.size(); ++i) {
    workers[i]->list_in_flight(which, [all = asked_, i](std::vector<exchange_there> found) {
      all->found[i] = std::move(found);
      all->missing.fetch_sub(1, std::memory_order_acq_rel);
    });
  }
}

const std::vector<exchange_there>& still_there::oldest() {
  take_in();
  return oldest_;
}

void still_there::take_in() {
  if (!asked_ || asked_->missing.load(std::memory_order_acquire) != 0) return;
  oldest_.clear();
  for (auto& each : asked_->found) std::move(each.begin(), each.end(), std::back_inserter(oldest_));
  std::stable_sort(oldest_.begin(), oldest_.end(), [](const auto& a, const auto& b) { return a.began < b.began; });
  if (oldest_.size() > most_listed) oldest_.resize(most_listed);
  asked_.reset();
}

}  // namespace opslb
