#include "proxy/seen_target.hpp"

#include <bit>
#include <cstdint>

#include "headers/characters.hpp"
#include "headers/quotable.hpp"
#include "proxy/redact.hpp"

namespace opslb {
namespace {

constexpr std::size_t block = 16;

/// A bit for each mark in a block.
std::uint32_t marks_in(const char* p) {
#if defined(__SSE2__)
  using namespace headers::detail;
  const __m128i bytes = load(p);
  return bits_of(_mm_or_si128(equal(bytes, '='), equal(bytes, '@')));
#else
  std::uint32_t marks = 0;
  for (std::size_t i = 0; i < block; ++i) marks |= std::uint32_t{p[i] == '=' || p[i] == '@'} << i;
  return marks;
#endif
}

}  // namespace

inline void seen_target::look_at_equals(std::size_t at) {
  if (!may_hold_secret_) may_hold_secret_ = may_name_a_secret(text_.substr(0, at));
  if (at < 3 || text_[at - 2] != 'a') return;
  if (text_[at - 1] == 'h') take_value(at, agent_host_);
  if (text_[at - 1] == 'v') take_value(at, agent_version_);
}

/// A block that begins there.
inline void seen_target::look_at(std::size_t begin, std::uint32_t marks) {
  for (; marks != 0; marks &= marks - 1) {
    const std::size_t at = begin + static_cast<std::size_t>(std::countr_zero(marks));
    if (text_[at] == '=') {
      look_at_equals(at);
    } else {
      may_hold_secret_ = true;
    }
  }
}

void seen_target::look() {
  const std::string_view text = text_;
  std::size_t begin = 0;
  for (; text.size() - begin >= block; begin += block) look_at(begin, marks_in(text.data() + begin));
  if (begin == text.size()) return;
  if (text.size() >= block) {  // the last bytes together with some of those before them
    look_at(begin, marks_in(text.data() + text.size() - block) >> (block - (text.size() - begin)));
  } else {
    headers::detail::sixteen bytes{};
    headers::copy_short(text, reinterpret_cast<char*>(&bytes));
    look_at(0, marks_in(reinterpret_cast<const char*>(&bytes)));
  }
}

/// The first one counts, if its whole name begins there.
void seen_target::take_value(std::size_t at, std::string_view& value) {
  const char before = text_[at - 3];
  if ((before != '?' && before != '&') || value.data() != nullptr) return;
  if (query_ == 0) query_ = text_.find('?') + 1;
  // What comes before it is no query, and a second one belongs to a name.
  if (before == '?' ? query_ == at - 2 : query_ != 0 && query_ <= at - 2)
    value = text_.substr(at + 1, text_.find('&', at) - at - 1);
}

}  // namespace opslb
