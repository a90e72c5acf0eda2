// What the admin endpoint asks of the server. The functions but `post` belong to the main thread: the endpoint calls them
// there, by `post`, and never waits for it.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "proxy/admin/report.hpp"
#include "proxy/agents.hpp"
#include "proxy/recent_requests.hpp"

namespace opslb::admin {

/// What became of a drain, or of the end of one.
struct change_result {
  enum class kind : std::uint8_t {
    done,
    unknown,  ///< there is no backend of that name
    refused,
  };

  kind what = kind::done;
  /// unknown, refused: a sentence that says why, and what to do. done: what there is to know although it is; may be empty.
  std::string detail;
};

/// All agents that were seen, the one that called last in front.
struct found_agents {
  wall_time now{};
  std::vector<agent> agents;
  std::uint64_t forgotten = 0;  ///< because there were too many
};

/// The recent requests of one id, the newest first.
struct found_requests {
  std::vector<recent_request> requests;
  std::optional<wall_time> reaches_back;  ///< all that ended since are remembered; nothing: none has ended
};

struct operations {
  /// Any thread: has it called on the main thread, soon.
  std::function<void(std::function<void()>)> post;

  std::function<report()> take_report;
  std::function<readiness()> is_ready;
  std::function<change_result(std::string_view backend, bool force)> drain;
  std::function<change_result(std::string_view backend)> ready;
  std::function<found_agents()> agents;
  /// `done` may be called on any thread.
  std::function<void(const std::string& id, std::function<void(found_requests)> done)> find_requests;
};

}  // namespace opslb::admin
