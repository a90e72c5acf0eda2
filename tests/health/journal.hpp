// What a checker told, in order, for tests to wait for.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

#include "health/checker.hpp"

namespace opslb::health {

class journal {
 public:
  /// For a checker; this outlives it.
  checker::callbacks callbacks() {
    return {[this] { write("changed"); }, [this](const event& e) { write((e.warning ? "! " : "") + e.text); }};
  }

  void write(std::string line) {
    {
      const std::lock_guard lock(mutex_);
      lines_.push_back(std::move(line));
    }
    written_.notify_all();
  }

  /// Waits for `line`, behind the one that was found last. False if that takes unreasonably long.
  bool wait_for(const std::string& line) {
    return wait_until([&](const std::string& each) { return each == line; });
  }

  /// The same for a line whose end is a time, which depends on the machine.
  bool wait_for_beginning(const std::string& beginning) {
    return wait_until([&](const std::string& each) { return each.starts_with(beginning); });
  }

  std::vector<std::string> lines() {
    const std::lock_guard lock(mutex_);
    return lines_;
  }

  /// The reports alone.
  std::vector<std::string> reports() {
    std::vector<std::string> kept = lines();
    std::erase_if(kept, [](const std::string& line) { return line == "changed" || line.starts_with("first round"); });
    return kept;
  }

 private:
  template <typename Predicate>
  bool wait_until(Predicate wanted) {
    std::unique_lock lock(mutex_);
    return written_.wait_for(lock, std::chrono::seconds(60), [&] {
      while (read_ < lines_.size()) {
        if (wanted(lines_[read_++])) return true;
      }
      return false;
    });
  }

  std::mutex mutex_;
  std::condition_variable written_;
  std::vector<std::string> lines_;
  std::size_t read_ = 0;
};

}  // namespace opslb::health
