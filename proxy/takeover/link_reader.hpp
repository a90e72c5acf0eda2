// Receives what the other end of a link says, on the server's event loop. A word that is not known is passed over: a newer opslb
// may have more to say, and to take that for its end would be to wait for the end of a process that serves.
#pragma once

#include <functional>
#include <memory>

#include "proxy/takeover/handover.hpp"
#include "proxy/takeover/link.hpp"

namespace boost::asio {
class io_context;
}

namespace opslb::takeover {

class link_reader {
 public:
  struct callbacks {
    std::function<void(const message&)> said;
    std::function<void()> gone;  ///< the other end is closed; the last call
  };
  // Both may destroy the reader.

  /// `from` outlives the reader.
  link_reader(boost::asio::io_context& loop, const link& from, callbacks tell);
  ~link_reader();
  link_reader(const link_reader&) = delete;
  link_reader& operator=(const link_reader&) = delete;

 private:
  struct parts;
  std::shared_ptr<parts> parts_;
};

}  // namespace opslb::takeover
