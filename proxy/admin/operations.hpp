// What the admin endpoint asks of the server. The functions but `post` belong to the main thread: the endpoint calls them
// there, by `post`, and never waits for it.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "proxy/admin/report.hpp"

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

struct operations {
  /// Any thread: has it called on the main thread, soon.
  std::function<void(std::function<void()>)> post;

  std::function<report()> take_report;
  std::function<readiness()> is_ready;
  std::function<change_result(std::string_view backend, bool force)> drain;
  std::function<change_result(std::string_view backend)> ready;
};

}  // namespace opslb::admin
