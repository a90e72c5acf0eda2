#include "proxy/systemd/watchdog.hpp"

#include <atomic>
#include <boost/asio/steady_timer.hpp>
#include <utility>

namespace opslb::systemd {

struct watchdog::parts : std::enable_shared_from_this<watchdog::parts> {
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
    // A timer that has run out already cannot be cancelled any more, and may be told of after the watchdog's end.
    timer.async_wait([watching = weak_from_this()](boost::system::error_code error) {
      const auto self = watching.lock();
      if (self && !error) self->look();
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
    : parts_(std::make_shared<parts>(loop, silence, std::move(ask), std::move(tell))) {
  parts_->look();
}

watchdog::~watchdog() = default;

}  // namespace opslb::systemd
