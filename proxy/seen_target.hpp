// A request target as the logs see it, found in one pass: whether something in it may have to be masked, and which agent calls. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "headers/characters.hpp"

namespace opslb {

class seen_target {
 public:
  seen_target() = default;
  /// As received; any bytes, which have to stay.
  explicit seen_target(std::string_view text) : text_(text) {
    if (!is_short_and_plain(text)) look();
  }

  std::string_view text() const { return text_; }
  /// False: put_redacted_target() would write it as it is.
  bool may_hold_secret() const { return may_hold_secret_; }
  /// Either of the two that follow is not empty.
  bool tells_agent() const { return !agent_host_.empty() || !agent_version_.empty(); }
  /// Values of `ah` and `av` in the query, as they came; empty where there are none.
  std::string_view agent_host() const { return agent_host_; }
  std::string_view agent_version() const { return agent_version_; }

 private:
  /// Nothing is masked, and no agent told, without an equals sign or an @.
  static bool is_short_and_plain(std::string_view text);
  void look();
  void look_at(std::size_t begin, std::uint32_t marks);
  void look_at_equals(std::size_t at);
  void take_value(std::size_t at, std::string_view& value);

  std::string_view text_, agent_host_, agent_version_;
  std::size_t query_ = 0;  ///< where it begins, once it was looked for and found
  bool may_hold_secret_ = false;
};

/// So are most targets that have no query.
inline bool seen_target::is_short_and_plain(std::string_view text) {
#if defined(__SSE2__)
  using namespace headers::detail;
  if (text.size() < 8 || text.size() >= 16) return false;
  std::int64_t first, last;  // which may overlap
  std::memcpy(&first, text.data(), sizeof first);
  std::memcpy(&last, text.data() + text.size() - sizeof last, sizeof last);
  const __m128i bytes = _mm_set_epi64x(last, first);
  return bits_of(_mm_or_si128(equal(bytes, '='), equal(bytes, '@'))) == 0;
#else
  return text.find_first_of("=@") == std::string_view::npos;
#endif
}

}  // namespace opslb
