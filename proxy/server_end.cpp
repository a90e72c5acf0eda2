// How the server ends: by a signal, or because another process has taken over.
#include <unistd.h>

#include <csignal>

#include "proxy/access_log.hpp"
#include "proxy/log.hpp"
#include "proxy/news.hpp"
#include "proxy/serving.hpp"

namespace opslb {
namespace {

/// How often a drain looks whether all is done, and how long cut connections get to end.
constexpr auto drain_poll = 50ms;
constexpr auto cut_time = 2s;

}  // namespace

void server::end(bool at_once) {
  lineage_.end(at_once);
  if (at_once) {
    log::warning("second signal: exiting at once");
    log::close();
    ::_exit(1);
  }
  if (std::exchange(ending_, true)) return;
  if (!replaced_) return begin_drain();
  log::info("ending requests_in_flight={}", shared_.busy.load());
}

void server::begin_drain() {
  draining_ = true;
  supervision_.ending("ending, after what is in flight");
  const timeout_config& timeouts = current_->settings.timeouts;
  news::info("ending requests_in_flight={} grace_ms={}", shared_.busy.load(), timeouts.drain_grace.count());
  if (!serving_) return finish();
  timer_.expires_after(timeouts.drain_grace);
  timer_.async_wait([this](boost::system::error_code error) {
    if (!error) stop_accepting();
  });
}

void server::stop_accepting() {
  for (const auto& each : workers_) each->stop_listening();
  shared_.draining.store(true);
  for (const auto& each : workers_) each->announce_end();
  look_again(std::chrono::steady_clock::now());
}

/// The first look comes a moment after the last connections were accepted: their requests are on the way.
void server::look_again(std::chrono::steady_clock::time_point began) {
  timer_.expires_after(drain_poll);
  timer_.async_wait([this, began](boost::system::error_code error) {
    if (!error) watch_drain(began);
  });
}

void server::watch_drain(std::chrono::steady_clock::time_point began) {
  const auto limit = current_->settings.timeouts.drain;
  const auto passed = std::chrono::steady_clock::now() - began;
  if (replaced_) tell_busy();
  const bool has_stopped = shared_.listeners.load() == 0;
  const bool is_done = has_stopped && shared_.connections.load() == 0 && !lineage_.has_others();
  if (is_done || passed > limit + cut_time) return finish();
  if (shared_.busy.load() == 0) {
    // Idle connections are kept until nothing is in flight any more: a request on one of them is still welcome till then.
    // After a takeover they end by themselves (timeouts.keep_alive).
    if (ending_ || passed > limit) {
      for (const auto& each : workers_) each->close_idle();
    }
  } else if (passed > limit) {
    if (!shared_.cutting.exchange(true)) {
      news::warning("timeouts.drain is over, what is in flight is cut requests={}", shared_.busy.load());
    }
    for (const auto& each : workers_) each->cut_all();
  }
  look_again(began);
}

void server::finish() {
  signals_.cancel();
  loop_.stop();
}

void server::summarize() {
  std::uint64_t connections = 0;
  std::uint64_t handshakes = 0;
  std::uint64_t requests = 0;
  std::uint64_t refused = 0;
  std::string reasons;
  for (std::size_t i = 0; i < std::size(counters{}.refused); ++i) {
    std::uint64_t count = 0;
    for (const auto& each : workers_) count += each->counts().refused[i].get();
    refused += count;
    if (count != 0) reasons += fmt::format(" \"{}\"={}", to_text(static_cast<refused_connection>(i)), count);
  }
  for (const auto& each : workers_) {
    const counters& counts = each->counts();
    connections += counts.connections.get();
    handshakes += counts.handshakes.get();
    requests += counts.requests.get();
  }
  log::info("ended requests={} connections={} tls_handshakes={} connections_refused={}{} access_log_lines_dropped={}",
            requests, connections, handshakes, refused, reasons, access_log::dropped());
}

}  // namespace opslb
