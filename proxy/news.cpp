#include "proxy/news.hpp"

#include <deque>
#include <mutex>

namespace opslb::news {
namespace {

/// The news of the process.
struct chronicle {
  std::mutex mutex;
  std::deque<item> items;
};

chronicle& the_chronicle() {
  static chronicle kept;
  return kept;
}

}  // namespace

void tell(log_level level, std::string text) {
  log::line(level, "{}", text);
  auto& kept = the_chronicle();
  const std::lock_guard lock(kept.mutex);
  kept.items.push_back({std::chrono::system_clock::now(), level, std::move(text)});
  if (kept.items.size() > most) kept.items.pop_front();
}

std::vector<item> recent() {
  auto& kept = the_chronicle();
  const std::lock_guard lock(kept.mutex);
  return {kept.items.begin(), kept.items.end()};
}

}  // namespace opslb::news
