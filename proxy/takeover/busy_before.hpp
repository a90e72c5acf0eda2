// What is still in flight in the process that this one takes over from, backend by backend, as far as that has said it. Kept by
// name, since a backend may be found here only after the other process has spoken of it. Main thread.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <string>
#include <string_view>

#include "proxy/takeover/handover.hpp"

namespace opslb::takeover {

class busy_before {
 public:
  /// Stands for what has not been said yet.
  static constexpr std::uint32_t unknown = std::numeric_limits<std::uint32_t>::max();

  /// Without a name: of all backends.
  void note(const remaining& said) {
    if (!said.backend.empty()) {
      counts_[said.backend] = said.count;
    } else {
      counts_.clear();
      others_ = said.count;
    }
  }
  /// All has been said: nothing is in flight where nothing was said of.
  void forget_unknown() {
    if (others_ == unknown) others_ = 0;
  }
  std::uint32_t of(std::string_view backend) const {
    const auto found = counts_.find(backend);
    return found == counts_.end() ? others_ : found->second;
  }

 private:
  std::map<std::string, std::uint32_t, std::less<>> counts_;
  std::uint32_t others_ = 0;
};

}  // namespace opslb::takeover
