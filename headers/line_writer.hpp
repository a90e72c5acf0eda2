// Writes text through a plain pointer into memory that its caller keeps: a head is some hundred short pieces, and a call to
// append() for each costs more than their bytes. The memory is a string that only ever grows, for to clear it and make it
// larger again would fill it with zeros each time. Pure.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "headers/quotable.hpp"

namespace opslb::headers {

/// A number as text.
class decimal {
 public:
  explicit decimal(std::uint64_t number) : end_(std::to_chars(digits_, digits_ + sizeof digits_, number).ptr) {}
  decimal(const decimal&) = delete;
  decimal& operator=(const decimal&) = delete;
  operator std::string_view() const { return {digits_, end_}; }

 private:
  char digits_[20];
  const char* end_;
};

class line_writer {
 public:
  /// What is in `memory` is overwritten.
  explicit line_writer(std::string& memory) : memory_(memory), at_(memory.data()), end_(at_ + memory.size()) {}
  line_writer(const line_writer&) = delete;
  line_writer& operator=(const line_writer&) = delete;

  /// All that was written. Good until the memory is used again.
  std::string_view text() const { return {memory_.data(), size()}; }

  /// Views, literals or decimals, one behind the other.
  template <typename... Pieces>
  void put(const Pieces&... pieces) {
    const auto append = [this](auto... views) {
      make_room_for((views.size() + ...));
      (copy(views), ...);
    };
    append(std::string_view(pieces)...);
  }

  /// The same for texts of which each is short, but not as short as the next one: where to tell them apart is cheaper than a call.
  template <typename... Texts>
  [[gnu::always_inline]] void put_short(Texts... texts) {
    make_room_for((texts.size() + ...));
    const auto copy_one = [this](std::string_view text) __attribute__((always_inline)) {
      copy_short(text, at_);
      at_ += text.size();
    };
    (copy_one(texts), ...);
  }

  /// One field line.
  template <typename... Pieces>
  void line(std::string_view name, const Pieces&... value) {
    put(name, ": ", value..., "\r\n");
  }

 private:
  void copy(std::string_view piece) {
    const std::size_t size = piece.size();
    if (size >= 8 && size <= 16) {  // as many are: two words that overlap, and no call
      std::uint64_t first;
      std::uint64_t last;
      std::memcpy(&first, piece.data(), 8);
      std::memcpy(&last, piece.data() + size - 8, 8);
      std::memcpy(at_, &first, 8);
      std::memcpy(at_ + size - 8, &last, 8);
    } else if (size != 0) {
      std::memcpy(at_, piece.data(), size);  // of a literal: a few stores
    }
    at_ += size;
  }
  [[gnu::always_inline]] void make_room_for(std::size_t bytes) {
    if (static_cast<std::size_t>(end_ - at_) < bytes) make_room(bytes);
  }
  void make_room(std::size_t more) {
    const std::size_t used = size();
    memory_.resize(std::max<std::size_t>(1024, 2 * (used + more)));
    at_ = memory_.data() + used;
    end_ = memory_.data() + memory_.size();
  }
  std::size_t size() const { return static_cast<std::size_t>(at_ - memory_.data()); }

  std::string& memory_;
  char* at_;
  char* end_;
};

}  // namespace opslb::headers
