// Looks into the files that a configuration names, so that what is wrong with one is told at the key that names it: by
// `opslb check`, at a start, at a reload. Reads files, and nothing but that.
#pragma once

#include <ctime>

#include "proxy/config.hpp"

namespace opslb {

class findings;

/// `now` is what certificates have to be valid at.
void check_files(const config& read, std::time_t now, findings& found);

}  // namespace opslb
