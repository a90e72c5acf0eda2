#include "headers/trace_context.hpp"

#include <algorithm>
#include <cstddef>

namespace opslb::headers {
namespace {

constexpr std::size_t version_size = 2;
constexpr std::size_t trace_size = 32;
constexpr std::size_t parent_size = 16;
constexpr std::size_t flags_size = 2;

/// Capitals are not allowed.
bool is_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_zero(std::string_view text) { return text.find_first_not_of('0') == std::string_view::npos; }

/// Takes so many hexadecimal digits off the front; empty if they are not there.
std::string_view take_digits(std::string_view& rest, std::size_t size) {
  const std::string_view digits = rest.substr(0, size);
  if (digits.size() < size || !is_hex(digits)) return {};
  rest.remove_prefix(size);
  return digits;
}

bool take_dash(std::string_view& rest) {
  if (!rest.starts_with('-')) return false;
  rest.remove_prefix(1);
  return true;
}

}  // namespace

std::string_view trace_id_of(std::string_view traceparent) {
  std::string_view rest = traceparent;
  const std::string_view version = take_digits(rest, version_size);
  if (version.empty() || version == "ff" || !take_dash(rest)) return {};
  const std::string_view trace = take_digits(rest, trace_size);
  if (trace.empty() || is_zero(trace) || !take_dash(rest)) return {};
  const std::string_view parent = take_digits(rest, parent_size);
  if (parent.empty() || is_zero(parent) || !take_dash(rest)) return {};
  if (take_digits(rest, flags_size).empty()) return {};
  // 3.2.4: later versions may have more behind another dash, version 00 may not.
  return rest.empty() || (version != "00" && rest.front() == '-') ? trace : std::string_view();
}

}  // namespace opslb::headers
