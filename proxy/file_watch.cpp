#include "proxy/file_watch.hpp"

#include <sys/stat.h>

#include <utility>

namespace opslb {

file_watch::file_watch(const std::vector<std::string>& paths) {
  for (const std::string& each : paths) known_[each];
  acknowledge();
}

file_watch::stamps file_watch::take() const {
  stamps now;
  for (const auto& [path, before] : known_) {
    struct stat about{};
    std::optional<stamp>& taken = now[path];
    if (::stat(path.c_str(), &about) != 0) continue;
    taken = stamp{about.st_dev, about.st_ino, about.st_size, about.st_mtim.tv_sec, about.st_mtim.tv_nsec};
  }
  return now;
}

bool file_watch::look() {
  stamps now = take();
  const bool settled = now == last_look_;
  last_look_ = std::move(now);
  if (!settled || last_look_ == known_) return false;
  known_ = last_look_;
  return true;
}

void file_watch::acknowledge() {
  known_ = take();
  last_look_ = known_;
}

}  // namespace opslb
