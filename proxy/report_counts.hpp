// What the workers have counted, added up into the admin endpoint's report. Reads without stopping them. Main thread.
#pragma once

#include <memory>
#include <vector>

#include "proxy/admin/report.hpp"
#include "proxy/agents.hpp"
#include "proxy/worker.hpp"

namespace opslb {

/// Requests, responses, connects, bytes and times of one backend.
void report_counts(const upstream::backend& from, admin::backend& to);

/// Connections and requests of one listener.
void report_counts(const listener_info& from, admin::listener& to);

/// All that the workers counted for themselves: the totals and the times over all.
void report_counts(const std::vector<std::unique_ptr<worker>>& workers, admin::report& to);

admin::agents_seen to_report(const agent_summary& from);

}  // namespace opslb
