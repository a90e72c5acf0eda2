// Appends text to a string through a plain pointer: a head is some hundred short pieces, and a call to append() for each
// costs more than their bytes. The string has its true size again when the writer is gone. Pure.
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

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
  /// `expected`: a good guess at what will be appended.
  line_writer(std::string& out, std::size_t expected) : out_(out) { make_room(out.size(), expected); }
  ~line_writer() { out_.resize(size()); }
  line_writer(const line_writer&) = delete;
  line_writer& operator=(const line_writer&) = delete;

  /// Views, literals or decimals, one behind the other.
  template <typename... Pieces>
  void put(const Pieces&... pieces) {
    const auto append = [this](auto... views) {
      const auto bytes = (views.size() + ...);
      if (static_cast<std::size_t>(end_ - at_) < bytes) make_room(size(), size() + bytes);
      (copy(views), ...);
    };
    append(std::string_view(pieces)...);
  }

  /// One field line.
  template <typename... Pieces>
  void line(std::string_view name, const Pieces&... value) {
    put(name, ": ", value..., "\r\n");
  }

 private:
  void copy(std::string_view piece) {
    if (piece.empty()) return;
    std::memcpy(at_, piece.data(), piece.size());  // of a literal: a few stores
    at_ += piece.size();
  }
  void make_room(std::size_t used, std::size_t more) {
    out_.resize(used + more);
    at_ = out_.data() + used;
    end_ = out_.data() + out_.size();
  }
  std::size_t size() const { return static_cast<std::size_t>(at_ - out_.data()); }

  std::string& out_;
  char* at_ = nullptr;
  char* end_ = nullptr;
};

}  // namespace opslb::headers
