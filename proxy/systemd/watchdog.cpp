#include "proxy/systemd/watchdog.hpp"

#include <atomic>
#include <boost/asio/steady_timer.hpp>
#include <utility>

namespace opslb::systemd {

struct watchdog::parts {
  parts(boost::asio::io_context& loop, std::chrono::microseconds silence, roll_call calls, std::function<void()> tells)
      : timer(loop),
        interval(silence / 2),
        ask(std::move(calls)),
        tell(std::move(tells)) {}

  void look() {
    if (answers->load(std::memory_order_relaxed) >= asked) {
      tell();
      answers->store(0, std::memory_order_relaxed);
      asked = ask([to = answers] { to->fetch_add(1, std::memory_order_relaxed); });
    }
    timer.expires_after(interval);
    timer.async_wait([this](boost::system::error_code error) {
      if (!error) look();
    });
  }

  boost::asio::steady_timer timer;
  std::chrono::microseconds interval;
  roll_call ask;
  std::function<void()> tell;
  std::size_t asked = 0;
  /// Workers may outlive the watchdog.
  std::shared_ptr<std::atomic<std::size_t>> answers = std::make_shared<std::atomic<std::size_t>>(0);
};

watchdog::watchdog(boost::asio::io_context& loop, std::chrono::microseconds silence, roll_call ask,
                   std::function<void()> tell)
    : parts_(std::make_unique<parts>(loop, silence, std::move(ask), std::move(tell))) {
  parts_->look();
}

watchdog::~watchdog() = default;

}  // namespace opslb::systemd
