#include "proxy/http2/block_queue.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace opslb::http2 {
namespace {

/// Behind the bytes of a block stands where the next one is.
constexpr std::size_t room = buffer_pool::block_size - sizeof(char*);

char* next_of(const char* block) {
  char* next = nullptr;
  std::memcpy(&next, block + room, sizeof next);
  return next;
}

void link(char* block, char* next) { std::memcpy(block + room, &next, sizeof next); }

}  // namespace

void block_queue::append(std::string_view bytes) {
  size_ += bytes.size();
  while (!bytes.empty()) {
    if (last_ == nullptr || end_ == room) add_block();
    const std::size_t fits = std::min(bytes.size(), room - end_);
    std::memcpy(last_ + end_, bytes.data(), fits);
    end_ += fits;
    bytes.remove_prefix(fits);
  }
}

void block_queue::add_block() {
  char* const added = pool_.take();
  if (last_ == nullptr) {
    first_ = added;
  } else {
    link(last_, added);
  }
  last_ = added;
  end_ = 0;
}

std::string_view block_queue::front() const {
  if (first_ == nullptr) return {};
  const std::size_t end = first_ == last_ ? end_ : room;
  return {first_ + begin_, end - begin_};
}

void block_queue::consume(std::size_t size) {
  assert(size <= front().size());
  size_ -= size;
  begin_ += size;
  if (size_ == 0 || begin_ == room) drop_front();
}

void block_queue::drop_front() {
  char* const next = first_ == last_ ? nullptr : next_of(first_);
  pool_.give_back(first_);
  first_ = next;
  begin_ = 0;
  if (next == nullptr) {
    last_ = nullptr;
    end_ = 0;
  }
}

void block_queue::clear() {
  while (first_ != nullptr) drop_front();
  size_ = 0;
}

}  // namespace opslb::http2
