// The known word that a misspelt one was probably meant to be. Pure.
#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace opslb {

/// The word with the fewest letters inserted, removed, replaced or swapped with their neighbour, if those are few for
/// its length.
std::optional<std::string_view> nearest(std::string_view written, std::span<const std::string_view> known);

}  // namespace opslb
