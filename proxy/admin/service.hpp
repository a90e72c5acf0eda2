// The admin endpoint across reloads: what a new configuration changes of it is planned first, where a taken address or an
// unreadable token can still refuse it, and carried out later, where nothing can fail any more. Belongs to the server;
// main thread.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "proxy/admin/endpoint.hpp"
#include "proxy/admin/socket.hpp"
#include "proxy/config.hpp"
#include "proxy/inherited_sockets.hpp"
#include "proxy/takeover/handover.hpp"

namespace opslb::admin {

class service {
 public:
  /// What a configuration makes of the endpoint: from prepare() to carry_out(), and nobody else's to look into.
  struct plan {
    admin_bind asked;
    std::string token;
    std::optional<listening_socket> socket;  ///< a new one; else the present one stays
    bool is_lasting = false;                 ///< that one is systemd's, and so is its file
  };

  explicit service(operations server) : endpoint_(std::move(server)) {}

  /// Binds what is new, and reads the token. Throws std::runtime_error with a sentence for the operator. A default address
  /// that is taken is told of, and the endpoint is off then.
  plan prepare(const admin_config& settings, inherited_sockets& inherited) const;
  void carry_out(plan next);

  /// Ends the endpoint's thread; see endpoint.
  void stop() { endpoint_.stop(); }

  // Takeover.

  /// The listening socket, for another process.
  void hand_over(std::vector<takeover::handed_listener>& listeners, std::vector<int>& sockets) const;
  /// The other process answers from now on.
  void let_go();

 private:
  admin_bind asked_;  ///< as in the configuration, with port 0 where that stands there
  listening_socket socket_;
  bool is_lasting_ = false;  ///< as in the plan
  endpoint endpoint_;
};

}  // namespace opslb::admin
