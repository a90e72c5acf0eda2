#include "proxy/http2/block_queue.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace opslb::http2 {

void block_queue::append(std::string_view bytes) {
  size_ += bytes.size();
  while (!bytes.empty()) {
    if (blocks_.empty() || end_ == buffer_pool::block_size) {
      blocks_.push_back(pool_.take());
      end_ = 0;
    }
    const std::size_t fits = std::min(bytes.size(), buffer_pool::block_size - end_);
    std::memcpy(blocks_.back() + end_, bytes.data(), fits);
    end_ += fits;
    bytes.remove_prefix(fits);
  }
}

std::string_view block_queue::front() const {
  if (blocks_.empty()) return {};
  const std::size_t end = blocks_.size() == 1 ? end_ : buffer_pool::block_size;
  return {blocks_.front() + begin_, end - begin_};
}

void block_queue::consume(std::size_t size) {
  assert(size <= front().size());
  size_ -= size;
  begin_ += size;
  if (size_ != 0 && begin_ != buffer_pool::block_size) return;
  pool_.give_back(blocks_.front());
  blocks_.erase(blocks_.begin());
  begin_ = 0;
  if (blocks_.empty()) end_ = 0;
}

void block_queue::clear() {
  for (char* block : blocks_) pool_.give_back(block);
  blocks_.clear();
  begin_ = end_ = size_ = 0;
}

}  // namespace opslb::http2
