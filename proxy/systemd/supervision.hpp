// What the service manager hears of this process over its life, and that it lives. Speaks only while this is the main
// process, and to nobody where the environment names nobody. Main thread.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "proxy/systemd/notify.hpp"
#include "proxy/systemd/watchdog.hpp"

namespace opslb::systemd {

class supervision {
 public:
  /// Reads NOTIFY_SOCKET and the watchdog's variables. What is wrong with them is logged. `under_init`: the manager's main
  /// process is process 1 (init.hpp), whoever serves.
  explicit supervision(bool under_init);
  ~supervision();

  /// This process serves, and is the one to speak. The watchdog begins.
  void lead(boost::asio::io_context& loop, std::string_view status, watchdog::roll_call ask);
  /// The same words twice are told once.
  void show(std::string_view status);
  void reloading();
  /// It has ended well or not; nothing is told if it was not told to have begun.
  void reloaded();
  void ending(std::string_view status);
  /// To be repeated within every `drain_time` for as long as a drain goes on.
  void draining();
  static constexpr auto drain_time = std::chrono::seconds(10);
  /// `main` is the main process from now on. Another one than this: it speaks, and this one is silent.
  void hand_over(pid_t main);

 private:
  void tell(std::string_view lines) const;

  bool under_init_;
  std::unique_ptr<notifier> to_;
  std::optional<std::chrono::microseconds> silence_;
  std::unique_ptr<watchdog> watchdog_;
  std::string status_;
  bool leads_ = false;
  bool reloading_ = false;
};

}  // namespace opslb::systemd
