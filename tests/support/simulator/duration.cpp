#include "tests/support/simulator/duration.hpp"

#include <charconv>

namespace opslb::simulator {

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text, std::chrono::milliseconds bare) {
  using namespace std::chrono_literals;
  const auto digits = text.substr(0, text.find_first_not_of("0123456789"));
  const auto unit = text.substr(digits.size());
  const auto number = parse_number(digits);
  constexpr std::uint64_t most = 1'000'000'000;  // keeps the product far from overflowing
  if (!number || *number > most) return std::nullopt;

  const auto amount = static_cast<std::int64_t>(*number);
  if (unit.empty()) return amount * bare;
  if (unit == "ms") return amount * 1ms;
  if (unit == "s") return amount * 1000ms;
  if (unit == "m") return amount * 60'000ms;
  if (unit == "h") return amount * 3'600'000ms;
  return std::nullopt;
}

}  // namespace opslb::simulator
