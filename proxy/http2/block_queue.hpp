// A request's body between the connection, which hands it out in pieces, and the relay: a run of pooled blocks, filled at
// the end and emptied at the front. Bytes never move within it. Once a body has filled a block, the next ones are wide, so that it
// goes on in larger pieces. Its bound is the stream's flow-control window. One thread.
#pragma once

#include <cstddef>
#include <string_view>

#include "proxy/buffer.hpp"

namespace opslb::http2 {

class block_queue {
 public:
  explicit block_queue(buffer_pool& pool) : pool_(pool) {}
  ~block_queue() { clear(); }
  block_queue(const block_queue&) = delete;
  block_queue& operator=(const block_queue&) = delete;

  void append(std::string_view bytes);
  /// The first bytes, contiguous; empty only if there are none.
  std::string_view front() const;
  void consume(std::size_t size);
  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  void clear();

 private:
  void add_block();
  void drop_front();

  buffer_pool& pool_;
  char* first_ = nullptr;  ///< each block knows its size and the next one
  char* last_ = nullptr;
  std::size_t begin_ = 0;  ///< within the first block
  std::size_t end_ = 0;    ///< within the last
  std::size_t size_ = 0;
  bool is_long_ = false;  ///< a block was not enough at some time
};

}  // namespace opslb::http2
