#include "proxy/systemd/supervision.hpp"

#include <unistd.h>

#include <cstdlib>
#include <ctime>
#include <stdexcept>
#include <utility>

#include "proxy/log.hpp"
#include "proxy/systemd/environment.hpp"

namespace opslb::systemd {
namespace {

/// systemd's own clock, which std::chrono::steady_clock is not promised to be.
std::chrono::microseconds monotonic_time() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return std::chrono::seconds(now.tv_sec) +
         std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::nanoseconds(now.tv_nsec));
}

std::string_view from_environment(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? std::string_view() : value;
}

}  // namespace

supervision::supervision(bool under_init) : under_init_(under_init) {
  try {
    to_ = std::make_unique<notifier>(from_environment("NOTIFY_SOCKET"));
  } catch (const std::runtime_error& problem) {
    log::warning("{}", problem.what());
  }
  auto silence = parse_watchdog(std::getenv("WATCHDOG_PID"), std::getenv("WATCHDOG_USEC"), ::getpid());
  if (!silence.value) log::warning("no watchdog: {}", silence.wrong);
  if (silence.value) silence_ = *silence.value;
}

supervision::~supervision() = default;

void supervision::tell(std::string_view lines) const {
  if (leads_ && to_) to_->tell(lines);
}

void supervision::lead(boost::asio::io_context& loop, std::string_view status, watchdog::roll_call ask) {
  leads_ = true;
  status_ = status;
  tell(ready(status));
  if (!silence_ || !to_) return;
  watchdog_ = std::make_unique<watchdog>(loop, *silence_, std::move(ask), [this] { tell(still_alive); });
}

void supervision::show(std::string_view status) {
  if (status == status_) return;
  status_ = status;
  if (!reloading_) tell(systemd::status(status));
}

void supervision::reloading() {
  reloading_ = true;
  tell(systemd::reloading(monotonic_time()));
}

void supervision::reloaded() {
  if (std::exchange(reloading_, false)) tell(ready(status_));
}

void supervision::ending(std::string_view status) {
  status_ = status;
  tell(stopping(status));
}

void supervision::draining() { tell(extend(drain_time)); }

void supervision::hand_over(pid_t main) {
  const bool to_this = main == ::getpid();
  if (to_this) leads_ = true;
  if (!under_init_) tell(main_process(main));
  leads_ = to_this;
  if (!to_this) watchdog_.reset();
}

}  // namespace opslb::systemd
