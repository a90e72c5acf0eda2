#include "proxy/http2/field_block.hpp"

#include <algorithm>
#include <utility>

namespace opslb::http2 {

shelf<field_block::memory>& field_block::spare() {
  static thread_local shelf<memory> of_this_thread(512);
  return of_this_thread;
}

void field_block::memory::append(std::string_view bytes) {
  constexpr std::size_t most_heads = 512;
  if (used + bytes.size() > text.size()) text.resize(std::max(most_heads, 2 * (used + bytes.size())));
  bytes.copy(text.data() + used, bytes.size());
  used += bytes.size();
}

void field_block::add(std::string_view name, std::string_view value) {
  constexpr std::size_t line_end_and_colon = 4;
  bytes_ += name.size() + value.size() + line_end_and_colon;
  // RFC 9113 8.2.3: a client may send every cookie in a field of its own; they become one. Pseudo-headers are the start line.
  const bool counts = !name.starts_with(':') && name != "cookie";
  if (counts) ++counted_;
  if (!overflows_ && ((most_.bytes != 0 && bytes_ > most_.bytes) || (most_.count != 0 && counted_ > most_.count))) {
    overflows_ = true;
    overflows_by_target_ = name == ":path";
  }
  if (overflows_) return;
  if (!lines_) {
    lines_ = spare().take();
    lines_->sizes.reserve(16);
  }
  lines_->append(name);
  lines_->append(value);
  lines_->sizes.push_back({static_cast<std::uint32_t>(name.size()), static_cast<std::uint32_t>(value.size())});
}

void field_block::clear() {
  if (lines_) {
    constexpr std::size_t largest_kept = 4096;
    lines_->used = 0;
    lines_->sizes.clear();
    if (lines_->text.size() <= largest_kept) spare().put_back(std::move(lines_));
    lines_.reset();
  }
  bytes_ = counted_ = 0;
  overflows_ = overflows_by_target_ = false;
}

}  // namespace opslb::http2
