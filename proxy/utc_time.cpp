#include "proxy/utc_time.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace opslb {
namespace {

using namespace std::chrono;

/// Writes the last digits of `value`, with leading zeros.
template <std::size_t Width>
void put_digits(unsigned value, char* digits) {
  for (std::size_t i = Width; i-- > 0; value /= 10) digits[i] = static_cast<char>('0' + value % 10);
}

template <std::size_t Width>
void append_digits(unsigned value, std::string& out) {
  std::array<char, Width> digits;
  put_digits<Width>(value, digits.data());
  out.append(digits.data(), digits.size());
}

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

std::string_view name_of(month which) { return month_names[static_cast<unsigned>(which) - 1]; }

void append_clock(const hh_mm_ss<milliseconds>& clock, std::string& out) {
  append_digits<2>(static_cast<unsigned>(clock.hours().count()), out);
  out += ':';
  append_digits<2>(static_cast<unsigned>(clock.minutes().count()), out);
  out += ':';
  append_digits<2>(static_cast<unsigned>(clock.seconds().count()), out);
}

}  // namespace

void append_rfc3339(system_clock::time_point when, std::string& out) {
  const auto [day, clock] = to_utc(when);
  std::array<char, 24> text = {"0000-00-00T00:00:00.000"};  // one append instead of fourteen
  put_digits<4>(static_cast<unsigned>(static_cast<int>(day.year())), &text[0]);
  put_digits<2>(static_cast<unsigned>(day.month()), &text[5]);
  put_digits<2>(static_cast<unsigned>(day.day()), &text[8]);
  put_digits<2>(static_cast<unsigned>(clock.hours().count()), &text[11]);
  put_digits<2>(static_cast<unsigned>(clock.minutes().count()), &text[14]);
  put_digits<2>(static_cast<unsigned>(clock.seconds().count()), &text[17]);
  put_digits<3>(static_cast<unsigned>(clock.subseconds().count()), &text[20]);
  text[23] = 'Z';
  out.append(text.data(), text.size());
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
  std::string out(day_names[weekday(sys_days(day)).c_encoding()]);
  out += ", ";
  append_digits<2>(static_cast<unsigned>(day.day()), out);
  out += ' ';
  out += name_of(day.month());
  out += ' ';
  append_digits<4>(static_cast<unsigned>(static_cast<int>(day.year())), out);
  out += ' ';
  append_clock(clock, out);
  out += " GMT";
  return out;
}

void append_ncsa_time(system_clock::time_point when, std::string& out) {
  const auto [day, clock] = to_utc(when);
  append_digits<2>(static_cast<unsigned>(day.day()), out);
  out += '/';
  out += name_of(day.month());
  out += '/';
  append_digits<4>(static_cast<unsigned>(static_cast<int>(day.year())), out);
  out += ':';
  append_clock(clock, out);
  out += " +0000";
}

}  // namespace opslb
