// Looks a request up in the rings of all workers, each of which answers for itself.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "proxy/admin/operations.hpp"
#include "proxy/worker.hpp"

namespace opslb {

/// `done` is called once, on some worker's thread, when all have answered.
void search_recent(const std::vector<std::unique_ptr<worker>>& workers, const std::string& id,
                   std::function<void(admin::found_requests)> done);

}  // namespace opslb
