// The whole running process: workers, health checks, signals; start, reload, drain and end. The main thread's own.
#pragma once

#include <filesystem>

#include "proxy/config.hpp"
#include "proxy/start.hpp"

namespace opslb {

/// Runs until told to end; returns the process's exit code. `loaded` is what `file` held; SIGHUP reads `file` again. Failures to
/// start are reported on stderr.
int serve(const std::filesystem::path& file, config loaded, start how);

}  // namespace opslb
