// The process's limit on open files against limits.connections (contract 1).
#pragma once

#include <cstdint>

namespace opslb {

/// Raises the soft limit to the hard one, and returns `connections` lowered to what fits (two descriptors each), with a
/// warning where it had to be lowered. 0 means no bound and stays.
std::uint64_t fit_descriptor_limit(std::uint64_t connections);

}  // namespace opslb
