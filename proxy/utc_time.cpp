#include "proxy/utc_time.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <string_view>

#include "proxy/digits.hpp"

namespace opslb {
namespace {

using namespace std::chrono;

struct utc {
  year_month_day day;
  hh_mm_ss<milliseconds> clock;
};

utc to_utc(system_clock::time_point when) {
  // A clock outside the years of RFC 3339 is broken; four digits keep the line readable whatever it says.
  const auto bounded = std::clamp(floor<milliseconds>(when), sys_time<milliseconds>{},
                                  sys_time<milliseconds>{sys_days{year{9999} / December / 31} + hours{23}});
  const auto midnight = floor<days>(bounded);
  return {year_month_day{midnight}, hh_mm_ss<milliseconds>{bounded - midnight}};
}

constexpr std::array<std::string_view, 12> month_names = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

char* put_text(std::string_view text, char* out) { return std::copy(text.begin(), text.end(), out); }

char* put_month(year_month_day day, char* out) {
  return put_text(month_names[static_cast<unsigned>(day.month()) - 1], out);
}

char* put_day(year_month_day day, char* out) { return put_two_digits(static_cast<unsigned>(day.day()), out); }

char* put_year(year_month_day day, char* out) {
  const auto year = static_cast<unsigned>(static_cast<int>(day.year()));
  return put_two_digits(year % 100, put_two_digits(year / 100, out));
}

/// "08:00:00"
char* put_clock(const hh_mm_ss<milliseconds>& clock, char* out) {
  out = put_two_digits(static_cast<unsigned>(clock.hours().count()), out);
  *out++ = ':';
  out = put_two_digits(static_cast<unsigned>(clock.minutes().count()), out);
  *out++ = ':';
  return put_two_digits(static_cast<unsigned>(clock.seconds().count()), out);
}

}  // namespace

char* put_rfc3339(system_clock::time_point when, char* out) {
  const auto [day, clock] = to_utc(when);
  out = put_year(day, out);
  *out++ = '-';
  out = put_two_digits(static_cast<unsigned>(day.month()), out);
  *out++ = '-';
  out = put_two_digits(static_cast<unsigned>(day.day()), out);
  *out++ = 'T';
  out = put_clock(clock, out);
  *out++ = '.';
  out = put_three_digits(static_cast<unsigned>(clock.subseconds().count()), out);
  *out++ = 'Z';
  return out;
}

void append_rfc3339(system_clock::time_point when, std::string& out) {
  std::array<char, rfc3339_size> text;
  put_rfc3339(when, text.data());
  out.append(text.data(), text.size());
}

char* rfc3339_writer::put_new_second(system_clock::time_point when, char* out) {
  char* const end = put_rfc3339(when, out);
  constexpr sys_time<milliseconds> first{};
  constexpr sys_time<milliseconds> last = sys_days{year{2200} / January / 1};
  const auto rounded = floor<milliseconds>(when);
  if (rounded < first || rounded >= last) return end;  // a broken clock, of which a second may be no second
  second_ = floor<seconds>(when);
  next_second_ = second_ + seconds(1);
  last_ = when;
  std::memcpy(text_.data(), out, rfc3339_size);
  return end;
}

std::optional<system_clock::time_point> parse_rfc3339(std::string_view text) {
  static constexpr std::string_view form = "0000-00-00T00:00:00.000Z";
  if (text.size() != form.size()) return std::nullopt;
  for (std::size_t i = 0; i < form.size(); ++i) {
    const bool is_digit = text[i] >= '0' && text[i] <= '9';
    if (form[i] == '0' ? !is_digit : text[i] != form[i]) return std::nullopt;
  }
  const auto number = [text](std::size_t from, std::size_t size) {
    int value = 0;
    for (const char c : text.substr(from, size)) value = value * 10 + (c - '0');
    return value;
  };
  const year_month_day day{year{number(0, 4)}, month{static_cast<unsigned>(number(5, 2))},
                           std::chrono::day{static_cast<unsigned>(number(8, 2))}};
  // In between lies all that system_clock's nanoseconds can hold, in whole years.
  if (day.year() < year{1970} || day.year() > year{2261}) return std::nullopt;
  const int h = number(11, 2);
  const int m = number(14, 2);
  const int s = number(17, 2);
  if (!day.ok() || h > 23 || m > 59 || s > 60) return std::nullopt;
  return sys_days{day} + hours{h} + minutes{m} + seconds{s} + milliseconds{number(20, 3)};
}

std::string http_date(system_clock::time_point when) {
  static constexpr std::array<std::string_view, 7> day_names = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  const auto [day, clock] = to_utc(when);
  std::array<char, 29> text;
  char* out = put_text(day_names[weekday(sys_days(day)).c_encoding()], text.data());
  out = put_day(day, put_text(", ", out));
  *out++ = ' ';
  out = put_month(day, out);
  *out++ = ' ';
  out = put_year(day, out);
  *out++ = ' ';
  out = put_text(" GMT", put_clock(clock, out));
  return {text.data(), out};
}

char* put_ncsa_time(system_clock::time_point when, char* out) {
  const auto [day, clock] = to_utc(when);
  out = put_day(day, out);
  *out++ = '/';
  out = put_month(day, out);
  *out++ = '/';
  out = put_year(day, out);
  *out++ = ':';
  return put_text(" +0000", put_clock(clock, out));
}

}  // namespace opslb
