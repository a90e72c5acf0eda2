// The admin endpoint at work (contract 10): a thread of its own with its own event loop, so that whatever happens here
// the data path does not feel it, and the main thread only what it is asked. Owned by the server.
#pragma once

#include <memory>

#include "proxy/admin/operations.hpp"
#include "proxy/admin/rules.hpp"

namespace opslb::admin {

class endpoint {
 public:
  /// Begins its thread. The main thread's loop, which `server` posts to, has to be gone before this is.
  explicit endpoint(operations server);
  ~endpoint();
  endpoint(const endpoint&) = delete;
  endpoint& operator=(const endpoint&) = delete;

  /// Accepts from a descriptor of its own of this listening socket, and no more from the one before, whose connections
  /// end after the answer that is due. -1: from none. Any thread but its own, which has done it on return.
  void serve(int listening, gate entrance);
  /// Requests meet this one soon, also on connections that there are. Any thread.
  void use(gate entrance);

  /// Ends the thread. Main thread; afterwards nothing is posted any more.
  void stop();

 private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

}  // namespace opslb::admin
