#include "proxy/http2/block_queue.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace opslb::http2 {
namespace {

/// What stands at the beginning of each block.
struct link {
  char* next;
  std::size_t size;
};

link link_of(const char* block) {
  link found{};
  std::memcpy(&found, block, sizeof found);
  return found;
}

void write_link(char* block, const link& what) { std::memcpy(block, &what, sizeof what); }

std::size_t room_of(const char* block) { return link_of(block).size - sizeof(link); }

char* text_of(char* block) { return block + sizeof(link); }

}  // namespace

void block_queue::append(std::string_view bytes) {
  size_ += bytes.size();
  while (!bytes.empty()) {
    if (last_ == nullptr || end_ == room_of(last_)) add_block();
    const std::size_t fits = std::min(bytes.size(), room_of(last_) - end_);
    std::memcpy(text_of(last_) + end_, bytes.data(), fits);
    end_ += fits;
    bytes.remove_prefix(fits);
  }
}

void block_queue::add_block() {
  is_long_ = is_long_ || last_ != nullptr;
  const std::size_t size = is_long_ ? buffer_pool::wide_size : buffer_pool::block_size;
  char* const added = pool_.take(size);
  write_link(added, {nullptr, size});
  if (last_ == nullptr) {
    first_ = added;
  } else {
    write_link(last_, {added, link_of(last_).size});
  }
  last_ = added;
  end_ = 0;
}

std::string_view block_queue::front() const {
  if (first_ == nullptr) return {};
  const std::size_t end = first_ == last_ ? end_ : room_of(first_);
  return {text_of(first_) + begin_, end - begin_};
}

void block_queue::consume(std::size_t size) {
  assert(size <= front().size());
  size_ -= size;
  begin_ += size;
  if (size_ == 0 || begin_ == room_of(first_)) drop_front();
}

void block_queue::drop_front() {
  const link gone = link_of(first_);
  pool_.give_back(first_, gone.size);
  first_ = gone.next;
  begin_ = 0;
  if (first_ == nullptr) {
    last_ = nullptr;
    end_ = 0;
  }
}

void block_queue::clear() {
  while (first_ != nullptr) drop_front();
  size_ = 0;
  is_long_ = false;
}

}  // namespace opslb::http2
