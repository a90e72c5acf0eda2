#include "proxy/tls/name_index.hpp"

#include <algorithm>

#include "headers/characters.hpp"

namespace opslb::tls {

void name_index::add(std::string_view pattern, std::size_t number) {
  const bool has_star = pattern.starts_with("*.");
  (has_star ? below_ : exact_).try_emplace(std::string(has_star ? pattern.substr(2) : pattern), number);
}

std::optional<std::size_t> name_index::find(std::string_view name) const {
  if (name.ends_with('.')) name.remove_suffix(1);
  std::string lower(name);
  std::transform(lower.begin(), lower.end(), lower.begin(), headers::to_lower);
  if (const auto found = exact_.find(lower); found != exact_.end()) return found->second;
  const auto dot = lower.find('.');
  if (dot == std::string::npos || dot == 0) return std::nullopt;
  const auto found = below_.find(std::string_view(lower).substr(dot + 1));
  return found == below_.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace opslb::tls
