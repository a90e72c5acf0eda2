// A run of bytes on their way: filled at the end, consumed at the front. Its block comes from the worker's pool when the
// first byte is there and goes back when the last is gone, so that a connection that waits holds none. One thread.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace opslb {

/// Blocks of one size, kept for reuse. Must outlive every buffer that uses it.
class buffer_pool {
 public:
  /// Room for one whole TLS record of 16 KiB with all that is around it (RFC 8446 5.2).
  static constexpr std::size_t block_size = 16 * 1024 + 512;

  buffer_pool() = default;
  ~buffer_pool();
  buffer_pool(const buffer_pool&) = delete;
  buffer_pool& operator=(const buffer_pool&) = delete;

  char* take();
  void give_back(char* block);

 private:
  static constexpr std::size_t most_kept = 1024;
  std::vector<char*> free_;
};

class buffer {
 public:
  explicit buffer(buffer_pool& pool) : pool_(pool) {}
  ~buffer() { release(); }
  buffer(const buffer&) = delete;
  buffer& operator=(const buffer&) = delete;

  buffer_pool& pool() const { return pool_; }
  std::string_view ready() const { return {block_ + begin_, end_ - begin_}; }
  bool empty() const { return begin_ == end_; }
  void consume(std::size_t size);

  /// Room at the end for reading into; takes a block, or moves what is there to the front, where that makes room. Empty
  /// if the block is full: then grow() or consume().
  std::span<char> space();
  void filled(std::size_t size) { end_ += size; }

  /// Puts `bytes` at the end, with a larger block if they need one. Views become invalid.
  void append(std::string_view bytes);

  /// Doubles the block, for a head that is larger than it. Views into the buffer become invalid.
  void grow();
  /// Gives the block back if nothing is in it.
  void release_if_empty() {
    if (empty()) release();
  }
  /// Moves what is there to the front if less than a quarter of the block is free behind it, so that a message head
  /// that has begun stays contiguous. Views become invalid.
  void make_room();

 private:
  void release();

  buffer_pool& pool_;
  char* block_ = nullptr;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace opslb
