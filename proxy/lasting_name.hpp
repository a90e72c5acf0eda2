// Names of backends and listeners as views that stay good for the life of the process, whatever is reloaded meanwhile, so that
// what outlives a configuration may say them without a copy.
#pragma once

#include <cstddef>
#include <string_view>

namespace opslb {

/// Hosts that come and go under a name, "NAME@ADDRESS", bring new ones for as long as the process lives. After so many they are all
/// called "NAME" here, of which there are as many as were ever configured.
inline constexpr std::size_t most_lasting_names = 16384;

/// The same text for good, within that bound. Any thread, but not on the way of a request.
std::string_view lasting_name(std::string_view name);

}  // namespace opslb
