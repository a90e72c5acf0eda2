// How much a coroutine whose operations never have to wait may do before the others on its thread get their turn. Counts
// operations as well as bytes: a system call costs the same however few bytes it moves, and chunks of one byte each, or
// pipelined requests that are answered here, are cheap to send. A value; its owner yields when it is over.
#pragma once

#include <algorithm>
#include <cstdint>

namespace opslb {

class turn {
 public:
  /// What one operation counts for, in bytes.
  static constexpr std::uint64_t operation = 4 * 1024;
  /// The same for a whole request.
  static constexpr std::uint64_t request = 64 * 1024;

  /// Takes note of what was done. True if it is time to yield; what comes then is a new turn.
  bool is_over(std::uint64_t done) {
    done_ = static_cast<std::uint32_t>(std::min(done_ + done, most));
    if (done_ < most) return false;
    done_ = 0;
    return true;
  }

 private:
  static constexpr std::uint64_t most = 1024 * 1024;
  std::uint32_t done_ = 0;  // small: each idle connection has one
};

}  // namespace opslb
