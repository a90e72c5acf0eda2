// Tells the service manager that this process lives, for as long as it does: twice in the time that it may be silent (as
// sd_watchdog_enabled(3) asks for), and only if the event loop of the main thread and those of all workers have turned since
// the time before. Main thread.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

namespace boost::asio {
class io_context;
}

namespace opslb::systemd {

class watchdog {
 public:
  /// Has every worker call the function that it is given once, soon, on its own thread, and says how many workers there are.
  using roll_call = std::function<std::size_t(const std::function<void()>& here)>;

  watchdog(boost::asio::io_context& loop, std::chrono::microseconds silence, roll_call ask, std::function<void()> tell);
  ~watchdog();
  watchdog(const watchdog&) = delete;
  watchdog& operator=(const watchdog&) = delete;

 private:
  struct parts;
  std::shared_ptr<parts> parts_;
};

}  // namespace opslb::systemd
