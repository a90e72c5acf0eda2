// Names of backends and listeners as views that stay good for the life of the process, whatever is reloaded meanwhile, so that
// what outlives a configuration may say them without a copy.
#pragma once

#include <string_view>

namespace opslb {

/// The same text for good. Any thread, but not on the way of a request. There are as many as were ever configured.
std::string_view lasting_name(std::string_view name);

}  // namespace opslb
