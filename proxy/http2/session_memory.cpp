#include "proxy/http2/session_memory.hpp"

#include <malloc.h>
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "proxy/frame_memory.hpp"

namespace opslb::http2 {
namespace {

using frame_memory::recycling;  // not where a sanitizer is to see every block's end

/// Blocks on pages of their own, cut from mappings that are kept to the thread's end.
class page_blocks {
 public:
  static constexpr std::size_t least = 16 * 1024;  ///< what is smaller goes to the allocator
  static constexpr std::size_t size = 20 * 1024;

  page_blocks() = default;
  ~page_blocks() {
    for (char* mapping : mappings_) ::munmap(mapping, mapping_size);
  }
  page_blocks(const page_blocks&) = delete;
  page_blocks& operator=(const page_blocks&) = delete;

  /// Null if the kernel gives no more.
  void* take() {
    if (free_.empty() && !map_more()) return nullptr;
    char* const block = free_.back();
    free_.pop_back();
    return block;
  }

  void give_back(void* block) { free_.push_back(static_cast<char*>(block)); }

  bool owns(const void* block) const {
    const auto at = reinterpret_cast<std::uintptr_t>(block);
    if (at % page != 0) return false;
    return std::any_of(mappings_.begin(), mappings_.end(), [at](const char* mapping) {
      return at - reinterpret_cast<std::uintptr_t>(mapping) < mapping_size;
    });
  }

 private:
  static constexpr std::size_t page = 4096;
  static constexpr std::size_t mapping_size = 256 * size;

  bool map_more() {
    constexpr int kind = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    void* const mapping = ::mmap(nullptr, mapping_size, PROT_READ | PROT_WRITE, kind, -1, 0);
    if (mapping == MAP_FAILED) return false;
    ::madvise(mapping, mapping_size, MADV_NOHUGEPAGE);  // which would be touched as a whole
    mappings_.push_back(static_cast<char*>(mapping));
    for (std::size_t end = mapping_size; end != 0; end -= size) free_.push_back(mappings_.back() + end - size);
    return true;
  }

  std::vector<char*> mappings_;
  std::vector<char*> free_;
};

/// Small blocks of the allocator's that are free, by size.
class small_blocks {
 public:
  small_blocks() = default;
  ~small_blocks() {
    for (auto& each : free_) {
      for (void* block : each) std::free(block);
    }
  }
  small_blocks(const small_blocks&) = delete;
  small_blocks& operator=(const small_blocks&) = delete;

  /// Null if there is none.
  void* take(std::size_t size) {
    const std::size_t kind = size <= odd ? 0 : (size - odd + step - 1) / step;
    if (kind >= kinds || free_[kind].empty()) return nullptr;
    void* const block = free_[kind].back();
    free_[kind].pop_back();
    return block;
  }

  /// False if it is none of those that are kept.
  bool give_back(void* block) {
    const std::size_t holds = malloc_usable_size(block);
    const std::size_t kind = (holds - odd) / step;
    if (holds < odd || kind >= kinds || free_[kind].size() == most_kept) return false;
    free_[kind].push_back(block);
    return true;
  }

 private:
  // glibc's blocks hold 24 bytes, 40, 56 and so on.
  static constexpr std::size_t odd = 24;
  static constexpr std::size_t step = 16;
  static constexpr std::size_t kinds = 32;
  static constexpr std::size_t most_kept = 256;
  std::array<std::vector<void*>, kinds> free_;
};

small_blocks& spare_blocks() {
  static thread_local small_blocks of_this_thread;
  return of_this_thread;
}

page_blocks& blocks() {
  static thread_local page_blocks of_this_thread;
  return of_this_thread;
}

void* allocate(std::size_t size, void*) {
  if (size >= page_blocks::least && size <= page_blocks::size) {
    if (void* const block = blocks().take()) return block;
  }
  void* const spare = recycling ? spare_blocks().take(size) : nullptr;
  return spare != nullptr ? spare : std::malloc(size);
}

void release(void* block, void*) {
  if (block == nullptr) return;
  if (blocks().owns(block)) return blocks().give_back(block);
  if (!recycling || !spare_blocks().give_back(block)) std::free(block);
}

void* allocate_zeros(std::size_t count, std::size_t size, void*) {
  if constexpr (recycling) {
    const std::size_t bytes = count * size;  // nghttp2's products are far from 2^64
    if (void* const spare = spare_blocks().take(bytes)) return std::memset(spare, 0, bytes);
  }
  return std::calloc(count, size);
}

/// How nghttp2 makes the block for its frames: out of nothing.
void* reallocate(void* block, std::size_t size, void* user) {
  if (block == nullptr) return allocate(size, user);
  if (!blocks().owns(block)) return std::realloc(block, size);
  if (size <= page_blocks::size) return block;
  void* const larger = std::malloc(size);
  if (larger == nullptr) return nullptr;
  std::memcpy(larger, block, page_blocks::size);
  blocks().give_back(block);
  return larger;
}

}  // namespace

nghttp2_mem* session_memory() {
  static nghttp2_mem memory{nullptr, allocate, release, allocate_zeros, reallocate};
  return &memory;
}

}  // namespace opslb::http2
