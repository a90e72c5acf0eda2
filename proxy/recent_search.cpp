#include "proxy/recent_search.hpp"

#include <algorithm>
#include <iterator>
#include <mutex>
#include <utility>

namespace opslb {
namespace {

struct search {
  std::mutex mutex;  ///< of the workers that bring something in at the same time
  admin::found_requests all;
  std::size_t missing = 0;
  std::function<void(admin::found_requests)> done;

  void bring_in(std::vector<recent_request> found, std::optional<admin::wall_time> back) {
    const std::lock_guard lock(mutex);
    std::move(found.begin(), found.end(), std::back_inserter(all.requests));
    // What one worker has forgotten may be what was looked for: all of them go back only as far as the first one does.
    if (back) all.reaches_back = all.reaches_back ? std::max(*all.reaches_back, *back) : *back;
    if (--missing != 0) return;
    std::stable_sort(all.requests.begin(), all.requests.end(),
                     [](const auto& a, const auto& b) { return a.facts.began > b.facts.began; });
    done(std::move(all));
  }
};

}  // namespace

void search_recent(const std::vector<std::unique_ptr<worker>>& workers, const std::string& id,
                   std::function<void(admin::found_requests)> done) {
  const auto under_way = std::make_shared<search>();
  under_way->missing = workers.size();
  under_way->done = std::move(done);
  for (const auto& each : workers) {
    each->find_recent(id, [under_way](std::vector<recent_request> found, std::optional<admin::wall_time> back) {
      under_way->bring_in(std::move(found), back);
    });
  }
}

}  // namespace opslb
