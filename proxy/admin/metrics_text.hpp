// The report in Prometheus' text format (exposition format 0.0.4). Pure.
#pragma once

#include <string>

#include "proxy/admin/report.hpp"

namespace opslb::admin {

std::string metrics_text(const report& all);

}  // namespace opslb::admin
