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

  /// Without a name: of all backends. What the other process said of a backend before it had heard of the last drain there is
  /// no word on it: it may have begun something since.
  void note(const remaining& said) {
    if (said.backend.empty()) {
      known_.clear();
      others_ = said.count;
    } else if (counted& of = known_[said.backend]; of.drain == said.drain) {
      of.count = said.count;
    }
  }
  /// The other process is about to be told of a drain, of this number.
  std::uint32_t expect_drain(std::string_view backend) {
    counted& of = known_[std::string(backend)];
    of.count = unknown;
    return ++of.drain;
  }
  /// All has been said: nothing is in flight where nothing was said of.
  void forget_unknown() {
    if (others_ == unknown) others_ = 0;
  }
  std::uint32_t of(std::string_view backend) const {
    const auto found = known_.find(backend);
    return found == known_.end() ? others_ : found->second.count;
  }

 private:
  struct counted {
    std::uint32_t count = unknown;
    std::uint32_t drain = 0;
  };
  std::map<std::string, counted, std::less<>> known_;
  std::uint32_t others_ = 0;
};

}  // namespace opslb::takeover
