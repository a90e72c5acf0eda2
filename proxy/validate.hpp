// Judges how the values of a configuration go together: names that must differ, keys that need one another,
// combinations that hurt. Single values have been checked while they were read. Pure.
#pragma once

#include "proxy/config.hpp"

namespace opslb {

class findings;

void validate(const config& read, findings& found);

}  // namespace opslb
