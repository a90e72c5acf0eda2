// Looks into the files that a configuration names, so that what is wrong with one is told at the key that names it: by
// `opslb check`, at a start, at a reload. Reads files, and nothing but that.
#pragma once

#include <ctime>
#include <string>
#include <vector>

#include "proxy/config.hpp"

namespace opslb {

class findings;

/// `now` is what certificates have to be valid at.
void check_files(const config& read, std::time_t now, findings& found);

/// What there is to be said of the files of a configuration that is in use, warnings and errors alike.
std::vector<config_problem> review_files(const config& used, std::time_t now);

/// The files of listeners' "tls", and those of "backend_tls" where a backend speaks TLS.
std::vector<std::string> files_of_listeners(const config& of);
std::vector<std::string> files_of_backends(const config& of);

}  // namespace opslb
