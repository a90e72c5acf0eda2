// Points in time as the logs write them: UTC, by arithmetic, because gmtime and strftime cost more than the rest of a line. Pure.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "proxy/digits.hpp"

namespace opslb {

/// "2026-11-22T08:00:00.123Z" (RFC 3339), which is `rfc3339_size` bytes long whatever the clock says. Returns where it ends.
char* put_rfc3339(std::chrono::system_clock::time_point when, char* out);
inline constexpr std::size_t rfc3339_size = 24;
/// The same.
void append_rfc3339(std::chrono::system_clock::time_point when, std::string& out);
/// Of exactly that form; nothing of any other, and nothing for a day that there is not or that the clock cannot hold.
std::optional<std::chrono::system_clock::time_point> parse_rfc3339(std::string_view text);
/// "Sun, 22 Nov 2026 08:00:00 GMT" (RFC 9110 5.6.7).
std::string http_date(std::chrono::system_clock::time_point when);
/// "22/Nov/2026:08:00:00 +0000", as in the NCSA formats: `ncsa_time_size` bytes. Returns where it ends.
char* put_ncsa_time(std::chrono::system_clock::time_point when, char* out);
inline constexpr std::size_t ncsa_time_size = 26;

/// put_rfc3339() for times that are often the last one again, and mostly of the same second: then only the milliseconds are
/// written anew. One thread's.
class rfc3339_writer {
 public:
  char* put(std::chrono::system_clock::time_point when, char* out) {
    if (when != last_) {
      if (when < second_ || when >= next_second_) return put_new_second(when, out);
      const auto behind = static_cast<std::uint32_t>(std::chrono::nanoseconds(when - second_).count());
      put_three_digits(behind / 1'000'000, text_.data() + milliseconds_at);
      last_ = when;
    }
    std::memcpy(out, text_.data(), rfc3339_size);
    return out + rfc3339_size;
  }

 private:
  char* put_new_second(std::chrono::system_clock::time_point when, char* out);

  static constexpr std::size_t milliseconds_at = 20;

  // Nothing is in between at first.
  std::chrono::system_clock::time_point second_{};
  std::chrono::system_clock::time_point next_second_{};
  std::chrono::system_clock::time_point last_{};
  std::array<char, rfc3339_size + 1> text_{"1970-01-01T00:00:00.000Z"};  ///< of `last_`
};

}  // namespace opslb
