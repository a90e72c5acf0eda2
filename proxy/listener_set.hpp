// Which listeners there are, across reloads: what a new configuration opens, changes and closes is planned first, where a taken
// port can still refuse it, and carried out later, where nothing can fail any more. Belongs to the server; main thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "proxy/client_connection.hpp"
#include "proxy/inherited_sockets.hpp"
#include "proxy/takeover/handover.hpp"
#include "proxy/worker.hpp"

namespace opslb {

/// One that is open or about to be.
struct planned_listener {
  std::shared_ptr<listener_info> info;
  std::vector<int> sockets;  ///< at least one per worker; the workers' once it is open
};

/// The difference between two configurations' listeners. Owns the sockets it has bound until it is carried out.
class listener_plan {
 public:
  listener_plan() = default;
  listener_plan(listener_plan&& other) noexcept = default;
  listener_plan& operator=(listener_plan&& other) noexcept = delete;
  ~listener_plan();

 private:
  friend class listener_set;

  struct change {
    std::shared_ptr<listener_info> from;
    std::shared_ptr<listener_info> to;
  };

  std::vector<planned_listener> next_;
  std::vector<change> changed_;
  std::vector<planned_listener> opened_;
  std::vector<std::shared_ptr<listener_info>> gone_;
};

class listener_set {
 public:
  /// Binds what is new and not among the sockets that were `inherited`, and reads certificates. Throws std::runtime_error
  /// with a sentence for the operator if a port cannot be had, or a file cannot be used. `tickets` outlives all connections.
  listener_plan plan(const config& settings, std::size_t workers, const tls::ticket_keys& tickets,
                     inherited_sockets& inherited) const;
  void carry_out(listener_plan& plan, const std::vector<std::unique_ptr<worker>>& workers);
  /// The one of that name in force; null: there is none yet.
  const listener_info* find(std::string_view name) const;
  /// What a process that takes over goes on with: adds the listeners, and their sockets in the same order.
  void hand_over(std::vector<takeover::handed_listener>& listeners, std::vector<int>& sockets) const;

 private:
  std::vector<planned_listener> current_;
};

}  // namespace opslb
