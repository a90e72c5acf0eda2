#include "proxy/config_units.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <span>

namespace opslb {
namespace {

struct unit {
  std::string_view name;
  std::uint64_t worth;
};

// Smallest first.
constexpr std::array duration_units = {unit{"ms", 1}, unit{"s", 1000}, unit{"m", 60'000}, unit{"h", 3'600'000}};
constexpr std::array size_units = {unit{"B", 1}, unit{"KiB", 1024}, unit{"MiB", 1024 * 1024},
                                   unit{"GiB", 1024 * 1024 * 1024}};

constexpr std::string_view duration_form = R"(must be a whole number with a unit (ms, s, m or h), such as "180s")";
constexpr std::string_view size_form = R"(must be a whole number with a unit (B, KiB, MiB or GiB), such as "64KiB")";

// Far above every bound there is, and far below what would overflow in milliseconds or bytes.
constexpr std::uint64_t largest = std::uint64_t{1} << 60U;

outcome<std::uint64_t> to_amount(std::string_view text, std::span<const unit> units, std::string_view form) {
  std::uint64_t number = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc::invalid_argument) return outcome<std::uint64_t>::bad(std::string(form));
  const auto name = text.substr(static_cast<std::size_t>(rest - text.data()));
  const auto found = std::find_if(units.begin(), units.end(), [name](const unit& u) { return u.name == name; });
  if (found == units.end()) return outcome<std::uint64_t>::bad(std::string(form));
  if (error != std::errc() || number > largest / found->worth) return outcome<std::uint64_t>::bad("is too large");
  return outcome<std::uint64_t>::good(number * found->worth);
}

std::string write_amount(std::uint64_t amount, std::span<const unit> units, std::string_view zero) {
  if (amount == 0) return std::string(zero);
  const auto fits = [amount](const unit& u) { return amount % u.worth == 0; };
  const auto largest_unit = std::find_if(units.rbegin(), units.rend(), fits);
  return fmt::format("{}{}", amount / largest_unit->worth, largest_unit->name);
}

}  // namespace

outcome<std::chrono::milliseconds> to_duration(std::string_view text) {
  auto amount = to_amount(text, duration_units, duration_form);
  if (!amount.value) return outcome<std::chrono::milliseconds>::bad(std::move(amount.wrong));
  return outcome<std::chrono::milliseconds>::good(std::chrono::milliseconds(*amount.value));
}

outcome<std::uint64_t> to_size(std::string_view text) { return to_amount(text, size_units, size_form); }

std::string write_duration(std::chrono::milliseconds duration) {
  return write_amount(static_cast<std::uint64_t>(duration.count()), duration_units, "0s");
}

std::string write_size(std::uint64_t bytes) { return write_amount(bytes, size_units, "0B"); }

}  // namespace opslb
