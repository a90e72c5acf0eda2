#include "proxy/buffer.hpp"

#include <cassert>
#include <cstring>

namespace opslb {

buffer_pool::~buffer_pool() {
  for (char* block : free_) delete[] block;
  for (char* block : free_wide_) delete[] block;
}

char* buffer_pool::take(std::size_t size) {
  std::vector<char*>& free = size == wide_size ? free_wide_ : free_;
  if (free.empty()) return new char[size];
  char* block = free.back();
  free.pop_back();
  return block;
}

void buffer_pool::give_back(char* block, std::size_t size) {
  const bool wide = size == wide_size;
  std::vector<char*>& free = wide ? free_wide_ : free_;
  if (free.size() < (wide ? most_wide_kept : most_kept)) {
    free.push_back(block);
  } else {
    delete[] block;
  }
}

void buffer::consume(std::size_t size) {
  assert(size <= end_ - begin_);
  begin_ += size;
  if (begin_ == end_) begin_ = end_ = 0;
}

std::span<char> buffer::space() {
  if (takes_other_block()) {
    release();
    capacity_ = wished();
    block_ = pool_.take(capacity_);
  }
  if (end_ == capacity_) make_room();
  return {block_ + end_, capacity_ - end_};
}

void buffer::append(std::string_view bytes) {
  if (bytes.empty()) return;
  space();
  while (capacity_ - end_ < bytes.size()) {
    if (begin_ != 0) {
      make_room();
    } else {
      grow();
    }
  }
  std::memcpy(block_ + end_, bytes.data(), bytes.size());
  end_ += bytes.size();
}

void buffer::make_room() {
  if (begin_ == 0) return;
  std::memmove(block_, block_ + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
}

void buffer::grow() {
  char* larger = new char[capacity_ * 2];
  std::memcpy(larger, block_ + begin_, end_ - begin_);
  const std::size_t size = end_ - begin_;
  const std::size_t capacity = capacity_ * 2;
  release();
  block_ = larger;
  capacity_ = capacity;
  end_ = size;
}

void buffer::release() {
  if (block_ == nullptr) return;
  if (capacity_ == buffer_pool::block_size || capacity_ == buffer_pool::wide_size) {
    pool_.give_back(block_, capacity_);
  } else {
    delete[] block_;
  }
  block_ = nullptr;
  capacity_ = begin_ = end_ = 0;
}

}  // namespace opslb
