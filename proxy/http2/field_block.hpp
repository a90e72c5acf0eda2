// Field lines in one piece of memory: what nghttp2 hands out one by one while it decodes a header block, and what it is
// given to encode. What does not fit is counted but not kept. Pure, but that the memory is recycled per thread: a block
// that is empty has none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "headers/message.hpp"
#include "proxy/recycled.hpp"

namespace opslb::http2 {

class field_block {
 public:
  /// Bounds in the sense of headers::head_limits; 0: none.
  struct limits {
    std::size_t bytes = 0;
    std::size_t count = 0;
  };
  struct line {
    std::string_view name;
    std::string_view value;
  };

  field_block() = default;
  explicit field_block(const limits& most) : most_(most) {}
  ~field_block() { clear(); }
  field_block(const field_block&) = delete;
  field_block& operator=(const field_block&) = delete;

  void add(std::string_view name, std::string_view value);
  void clear();

  std::size_t count() const { return lines_ ? lines_->sizes.size() : 0; }
  /// Calls `see(line)` for each, in order. The views are good until the next add().
  template <typename See>
  void for_each(See see) const {
    if (!lines_) return;
    const char* at = lines_->text.data();
    for (const auto& [name, value] : lines_->sizes) {
      see(line{{at, name}, {at + name, value}});
      at += name + value;
    }
  }

  /// Bytes as HTTP/1 would have them, of all lines that came.
  std::size_t bytes() const { return bytes_; }
  /// Some lines were not kept.
  bool overflows() const { return overflows_; }
  /// The first of them was :path.
  bool overflows_by_target() const { return overflows_by_target_; }

 private:
  struct line_size {
    std::uint32_t name;
    std::uint32_t value;
  };
  struct memory {
    std::string text;  ///< longer than what is used of it: resizing it for each line would cost more than the line
    std::size_t used = 0;
    std::vector<line_size> sizes;

    void append(std::string_view bytes);
  };
  static shelf<memory>& spare();

  limits most_;
  std::unique_ptr<memory> lines_;
  std::size_t bytes_ = 0;
  std::size_t counted_ = 0;
  bool overflows_ = false;
  bool overflows_by_target_ = false;
};

}  // namespace opslb::http2
