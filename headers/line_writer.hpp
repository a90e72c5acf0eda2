// Appends text to a string through a plain pointer: a head is some sixty short pieces, and a call to append() for each costs
// more than their bytes. The string has its true size again when the writer is gone. Pure.
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace opslb::headers {

class line_writer {
 public:
  /// `expected`: a good guess at what will be appended.
  line_writer(std::string& out, std::size_t expected) : out_(out), at_(out.size()) { out_.resize(at_ + expected); }
  ~line_writer() { out_.resize(at_); }
  line_writer(const line_writer&) = delete;
  line_writer& operator=(const line_writer&) = delete;

  template <typename... Pieces>
  void put(const Pieces&... pieces) {
    (put_one(pieces), ...);
  }
  /// One field line.
  template <typename... Pieces>
  void line(std::string_view name, const Pieces&... value) {
    put(name, ": ", value..., "\r\n");
  }

 private:
  void put_one(std::string_view text) {
    if (text.empty()) return;
    if (out_.size() - at_ < text.size()) out_.resize((at_ + text.size()) * 2);
    std::memcpy(out_.data() + at_, text.data(), text.size());
    at_ += text.size();
  }
  void put_one(std::uint64_t number) {
    char digits[20];
    put_one(std::string_view(digits, std::to_chars(digits, digits + sizeof digits, number).ptr));
  }

  std::string& out_;
  std::size_t at_;
};

}  // namespace opslb::headers
