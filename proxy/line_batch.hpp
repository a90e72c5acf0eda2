// Finished log lines on their way from a thread to the writer of a log, in memory of their own that only ever grows and goes back
// and forth with them: neither filled before it is written, nor copied when it changes hands.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

namespace opslb {

class line_batch {
 public:
  line_batch() = default;
  explicit line_batch(std::string_view lines) {
    if (!lines.empty()) wrote(std::copy(lines.begin(), lines.end(), room_for(lines.size())));
  }
  line_batch(line_batch&& other) noexcept { swap(other); }
  line_batch& operator=(line_batch&& other) noexcept {
    swap(other);
    return *this;
  }

  std::string_view text() const { return {memory_.get(), size_}; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  std::size_t capacity() const { return capacity_; }
  void clear() { size_ = 0; }

  /// Where the next line goes, if it is no longer than that.
  char* room_for(std::size_t most) {
    if (capacity_ - size_ < most) grow(most);
    return memory_.get() + size_;
  }
  /// What was written there ends at `end`.
  void wrote(const char* end) { size_ = static_cast<std::size_t>(end - memory_.get()); }

 private:
  void swap(line_batch& other) noexcept {
    std::swap(memory_, other.memory_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
  }
  void grow(std::size_t more) {
    const std::size_t capacity = std::max(2 * capacity_, size_ + more);
    std::unique_ptr<char[]> memory(new char[capacity]);
    if (size_ != 0) std::memcpy(memory.get(), memory_.get(), size_);
    memory_ = std::move(memory);
    capacity_ = capacity;
  }

  std::unique_ptr<char[]> memory_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace opslb
