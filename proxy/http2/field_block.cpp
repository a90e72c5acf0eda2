#include "proxy/http2/field_block.hpp"

namespace opslb::http2 {

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
  if (sizes_.empty()) {  // room for most heads at once
    text_.reserve(512);
    sizes_.reserve(16);
  }
  text_.append(name).append(value);
  sizes_.push_back({static_cast<std::uint32_t>(name.size()), static_cast<std::uint32_t>(value.size())});
}

void field_block::clear() {
  text_.clear();
  sizes_.clear();
  bytes_ = counted_ = 0;
  overflows_ = overflows_by_target_ = false;
}

}  // namespace opslb::http2
