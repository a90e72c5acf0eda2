// Tells the service manager how this process fares: a datagram with lines NAME=VALUE to the socket in NOTIFY_SOCKET, as
// sd_notify(3) describes it. Written anew because it is all that opslb would need libsystemd for. Where there is no such
// socket, nothing is told. Main thread.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <string_view>

namespace opslb::systemd {

class notifier {
 public:
  /// `address` is NOTIFY_SOCKET's: a path, or an abstract name behind "@". Empty: nobody listens. Throws
  /// std::runtime_error with a sentence for the operator.
  explicit notifier(std::string_view address);
  ~notifier();
  notifier(const notifier&) = delete;
  notifier& operator=(const notifier&) = delete;

  /// Sends one datagram. Whether it arrives is not our concern.
  void tell(std::string_view lines) const;

 private:
  std::string address_;  ///< as the kernel wants it: an abstract name begins with NUL
  int socket_ = -1;
};

// What there is to be told. A status is one line in words.

std::string ready(std::string_view status);
/// `now` is CLOCK_MONOTONIC's, to which the manager compares when it asked.
std::string reloading(std::chrono::microseconds now);
std::string stopping(std::string_view status);
std::string status(std::string_view text);
/// `more` is still needed from now on, and will be asked for again.
std::string extend(std::chrono::microseconds more);
std::string main_process(pid_t which);
inline constexpr std::string_view still_alive = "WATCHDOG=1";

}  // namespace opslb::systemd
