// What the running process says of itself to the admin endpoint: the counts of all workers added up, the health of the
// backends, the listeners. Reads what workers write without stopping them. Main thread.
#pragma once

#include <memory>
#include <vector>

#include "proxy/admin/report.hpp"
#include "proxy/agents.hpp"
#include "proxy/drains.hpp"
#include "proxy/listener_set.hpp"
#include "proxy/worker.hpp"

namespace opslb {

/// The parts that are looked at.
struct process_view {
  const generation& current;
  const std::vector<std::unique_ptr<worker>>& workers;
  const shared_parts& shared;
  const listener_set& listeners;
  opslb::drains& drains;
  const agent_register& agents;
  admin::process_state state;
};

/// Everything but what only the server itself knows: its file, its times, its reloads.
admin::report take_report(const process_view& of);

/// The answer of /readyz: at least one backend is up, and the process is not ending.
admin::readiness readiness_of(const process_view& of);

}  // namespace opslb
