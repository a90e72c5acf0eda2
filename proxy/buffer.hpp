// A run of bytes on their way: filled at the end, consumed at the front. Its block comes from the worker's pool when the
// first byte is there and goes back when the last is gone, so that a connection that waits holds none. One thread.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace opslb {

/// Blocks of two sizes, kept for reuse: for most of what comes, and wide ones for long bodies, which then take a fourth of the
/// system calls. Must outlive every buffer that uses it.
class buffer_pool {
 public:
  /// Room for one whole TLS record of 16 KiB with all that is around it (RFC 8446 5.2).
  static constexpr std::size_t block_size = 16 * 1024 + 512;
  /// Room for four of them. Less costs more calls, more costs more in the caches than it saves.
  static constexpr std::size_t wide_size = 4 * block_size;

  buffer_pool() = default;
  ~buffer_pool();
  buffer_pool(const buffer_pool&) = delete;
  buffer_pool& operator=(const buffer_pool&) = delete;

  /// `size` is one of the two.
  char* take(std::size_t size = block_size);
  void give_back(char* block, std::size_t size = block_size);

 private:
  static constexpr std::size_t most_kept = 1024;
  static constexpr std::size_t most_wide_kept = 64;
  std::vector<char*> free_;
  std::vector<char*> free_wide_;
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

  /// From the next time that nothing is in it, its block is a wide one, or not. Whoever fills it knows whether much comes.
  void widen(bool wide) { is_wide_ = wide; }
  /// The size of its block, or of the one that space() would take now.
  std::size_t capacity() const { return takes_other_block() ? wished() : capacity_; }

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
  std::size_t wished() const { return is_wide_ ? buffer_pool::wide_size : buffer_pool::block_size; }
  bool takes_other_block() const { return empty() && capacity_ != wished(); }

  buffer_pool& pool_;
  char* block_ = nullptr;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  bool is_wide_ = false;
};

}  // namespace opslb
