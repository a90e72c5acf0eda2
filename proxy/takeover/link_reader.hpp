// Receives what the other end of a link says, on the server's event loop.
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
    std::function<void()> gone;  ///< the other end is closed, or says what nobody understands; the last call
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
