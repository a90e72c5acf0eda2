// Notices that files were replaced, without being told: looks at what they are called by the file system, not into them.
// Certificate and key are replaced one after the other, so a change counts once nothing has changed any more since the
// look before. One thread; the caller says when to look.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace opslb {

class file_watch {
 public:
  /// Begins with these files as they are now. To be called before they are read, so that no change is missed.
  explicit file_watch(const std::vector<std::string>& paths = {});

  /// True once for each change: the files differ from what they were, and are what they were in the look before.
  bool look();
  /// What there is now is known already.
  void acknowledge();

 private:
  /// What changes with a file, but not with a second name for it or a read of it.
  struct stamp {
    std::uint64_t device = 0, number = 0;
    std::int64_t size = 0, changed = 0, changed_nanoseconds = 0;
    friend bool operator==(const stamp&, const stamp&) = default;
  };
  using stamps = std::map<std::string, std::optional<stamp>>;  ///< nullopt: not there

  stamps take() const;

  stamps known_;
  stamps last_look_;
};

}  // namespace opslb
