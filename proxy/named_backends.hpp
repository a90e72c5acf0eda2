// The configuration with the hosts that its backends' names lead to, as they come and go: joins the names that are followed
// with the file that names them. Main thread, on its event loop.
#pragma once

#include <functional>
#include <optional>

#include "health/name_follower.hpp"
#include "proxy/config.hpp"

namespace opslb {

class named_backends {
 public:
  /// `changed`: names lead elsewhere; ask changed_from().
  named_backends(boost::asio::io_context& loop, std::function<void()> changed);

  /// `then` gets `coming` when names that are new in it have been looked up once, or could not be; at once if there are none.
  /// A later call replaces an earlier one.
  void look_up(const config& in_use, config coming, std::function<void(config)> then);
  /// Other names need not be followed any more.
  void keep_to(const config& in_use);

  /// `in_use` with the hosts found now; nullopt if they are the same.
  std::optional<config> changed_from(const config& in_use) const;

 private:
  health::name_follower names_;
};

}  // namespace opslb
