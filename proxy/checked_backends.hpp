// The backends of a configuration as the health checks and the next configuration see them. Main thread.
#pragma once

#include <memory>
#include <vector>

#include "health/checker.hpp"
#include "proxy/generation.hpp"

namespace opslb {

/// Carries over the backends that stay what they were, with their health and counts. `before` may be null. `workers`: of
/// this process.
std::vector<std::shared_ptr<upstream::backend>> backends_for(const config& settings, const generation* before,
                                                             std::size_t workers);

std::vector<health::target> targets_of(const std::shared_ptr<const generation>& of);
health::check_settings checks_of(const config& settings);

/// Tells what the checks have to say. Any thread.
void log_event(const health::event& event);

}  // namespace opslb
