// One thread with everything it needs: its event loop, listeners, connections, pool and configuration handle. The server
// talks to it by posting; nothing else crosses threads but the atomics in shared_parts.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "proxy/client_connection.hpp"
#include "proxy/generation.hpp"
#include "proxy/still_there.hpp"

namespace opslb {

/// A bound socket for one listener, handed to a worker.
struct opened_listener {
  std::shared_ptr<const listener_info> info;
  int fd = -1;
};

class worker {
 public:
  worker(shared_parts& common, std::size_t number);
  /// stop() must have been called if start() was.
  ~worker();
  worker(const worker&) = delete;
  worker& operator=(const worker&) = delete;

  void start(std::shared_ptr<const generation> first);
  /// Ends the thread, after what was posted. Connections still there are dropped.
  void stop();

  // Any thread; carried out soon.

  /// `done` is called on the worker's thread once requests begin with `next`.
  void use(std::shared_ptr<const generation> next, std::function<void()> done);
  void open(std::vector<opened_listener> sockets);
  /// Listeners that are kept, under their new settings.
  void change(std::shared_ptr<const listener_info> from, std::shared_ptr<const listener_info> to);
  /// Stops listening where `info->is_gone()`, and ends those connections that are idle.
  void drop_gone_listeners();
  /// A backend was drained: no connection to it rests any more. `done` is called on the worker's thread once no request
  /// that begins there can be on its way.
  void leave(std::shared_ptr<const upstream::backend> which, std::function<void()> done);
  /// `done` is called on the worker's thread with the oldest exchanges that are at this backend, the oldest first.
  void list_in_flight(std::shared_ptr<const upstream::backend> which,
                      std::function<void(std::vector<exchange_there>)> done);
  /// `done` is called on the worker's thread with the recent requests of that id, and when the oldest that is known began.
  void find_recent(
      std::string id,
      std::function<void(std::vector<recent_request>, std::optional<std::chrono::system_clock::time_point>)> done);
  /// Accepts what has arrived, and stops listening.
  void stop_listening();
  /// Tells every connection that can pass it on that it gets no more requests.
  void announce_end();
  /// Sends a FIN to every connection that is idle and on which nothing has arrived.
  void close_idle();
  /// Ends everything now.
  void cut_all();
  /// Calls `here` on the worker's thread.
  void answer(std::function<void()> here);

  const counters& counts() const;

 private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

}  // namespace opslb
