#include "proxy/upstream/pool.hpp"

#include <algorithm>

namespace opslb::upstream {

std::unique_ptr<connection> pool::take(const backend& to, bool surely_open) {
  for (std::size_t i = resting_.size(); i-- > 0;) {
    if (&resting_[i]->to() != &to) continue;
    std::unique_ptr<connection> found = std::move(resting_[i]);
    resting_.erase(resting_.begin() + static_cast<std::ptrdiff_t>(i));
    if (found->where() != to.health->address()) continue;  // the name resolves elsewhere now
    if ((surely_open || found->may_be_followed) && !found->stream.is_quiet()) continue;
    found->wake();
    return found;
  }
  return nullptr;
}

void pool::give_back(std::unique_ptr<connection> unused, std::chrono::milliseconds keep) {
  unused->reused = true;
  unused->rest(keep, [](void* self, connection& closed) { static_cast<pool*>(self)->drop(closed); }, this);
  resting_.push_back(std::move(unused));
}

void pool::drop_all(const backend& to) {
  std::erase_if(resting_, [&](const auto& each) { return &each->to() == &to; });
}

std::size_t pool::count_to(const backend& which) const {
  return static_cast<std::size_t>(
      std::count_if(resting_.begin(), resting_.end(), [&](const auto& each) { return &each->to() == &which; }));
}

void pool::drop(const connection& closed) {
  std::erase_if(resting_, [&](const auto& each) { return each.get() == &closed; });
}

}  // namespace opslb::upstream
