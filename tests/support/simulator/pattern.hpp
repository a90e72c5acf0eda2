// Bytes that a test can check without storing them: each 8 bytes are a hash of their position, so that nothing lost,
// doubled or moved can go unnoticed. Constant memory, gigabytes per second.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace opslb::simulator {

class pattern {
 public:
  explicit pattern(std::uint64_t bytes) : left_(bytes) {}

  /// At most `most` bytes (a multiple of 8, but for the last piece); empty at the end. Valid until the next call.
  std::string_view next(std::size_t most);

 private:
  std::string piece_;
  std::uint64_t left_;
  std::uint64_t word_ = 0;
};

}  // namespace opslb::simulator
