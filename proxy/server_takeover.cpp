// Takeover by another process (contract 1), and what this one has from the process before.
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <stdexcept>

#include "proxy/init.hpp"
#include "proxy/news.hpp"
#include "proxy/serving.hpp"

namespace opslb {

takeover::lineage::callbacks server::lineage_callbacks() {
  takeover::lineage::callbacks tell;
  tell.collect = [this] { return hand_over(); };
  tell.replaced = [this](const takeover::readiness& by) { be_replaced(by); };
  tell.goes_on = [this] {
    drains_.hold(false);
    reload_if_due();
  };
  tell.leads = [this] { lead(); };
  tell.end_comes = [this](bool at_once) { end(at_once); };
  tell.reopen = [this] { on_signal(SIGUSR1); };
  tell.busy = [this](const takeover::remaining& before) { note_busy_before(before); };
  tell.drain = [this](const takeover::drain_order& what) { drain_as_told(what); };
  tell.put_back = [this](const std::string& backend) { drains_.follow_back(*current_, backend); };
  tell.bereft = [this](const std::string& how) { be_bereft(how); };
  return tell;
}

/// Not during a change: the sockets of a configuration that is on its way belong to nobody yet.
void server::take_over_if_due() {
  if (changing_ || draining_ || !std::exchange(takeover_due_, false)) return;
  lineage_.begin();
}

std::pair<takeover::handover, std::vector<int>> server::hand_over() {
  drains_.hold(true);
  takeover::handover all;
  std::vector<int> sockets;
  all.under_init = how_.under_init;
  all.tickets = tickets_.hand_over(std::chrono::steady_clock::now());
  for (const kept_drain& each : drains_.kept()) all.drains.push_back({each.backend, each.url, each.since});
  listeners_.hand_over(all.listeners, sockets);
  admin_->hand_over(all.listeners, sockets);
  return {std::move(all), std::move(sockets)};
}

/// A host is not drained as long as something is in flight there in either process, or may begin there in the one before:
/// what that said before it had heard of the drain is no word on it.
void server::note_busy_before(const takeover::remaining& before) {
  busy_before_.note(before);
  show_busy_before();
}

/// To the backends in use, of which some may be new.
void server::show_busy_before() {
  for (const auto& each : current_->backends) each.shared->in_flight_before.store(busy_before_.of(each.shared->name));
}

/// Of those that something has changed of. Who may still be entered counts for one more.
void server::tell_busy() {
  told_busy_.resize(current_->backends.size(), {takeover::busy_before::unknown, 0, {}});
  for (std::size_t i = 0; i < told_busy_.size(); ++i) {
    const upstream::backend& each = *current_->backends[i].shared;
    const std::uint32_t before = each.in_flight_before.load();
    const bool is_known = before != takeover::busy_before::unknown;
    const bool is_left = is_known && each.drain_heard.load() == each.drains.load();
    const std::uint32_t count = each.in_flight.load() + (is_known ? before : 0) + (is_left ? 0 : 1);
    if (told_busy_[i].count == count || !lineage_.tell_busy({count, told_busy_[i].drain, each.name})) continue;
    told_busy_[i].count = count;
  }
}

/// Its kept connections may still bring requests, for as long as timeouts.keep_alive.
void server::tell_before(std::string_view backend, bool is_drained) {
  if (!lineage_.follows()) return;
  if (!is_drained) return lineage_.tell_back(backend);
  const std::uint32_t drain = busy_before_.expect_drain(backend);
  show_busy_before();
  lineage_.tell_drain({drain, std::string(backend)});
}

/// In the process that was replaced. The answer is the next word on what is in flight there.
void server::drain_as_told(const takeover::drain_order& what) {
  const auto& all = current_->backends;
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const auto& each) { return each.shared->name == what.backend; });
  if (found == all.end()) {
    lineage_.tell_busy({0, what.drain, what.backend});
    return;
  }
  drains_.follow_drain(*current_, what.backend);
  told_busy_[static_cast<std::size_t>(found - all.begin())] = {takeover::busy_before::unknown, what.drain, {}};
  tell_busy();
}

/// The sockets stay open in the other process, so nobody who waits there is lost. Idle connections are kept: each has
/// timeouts.keep_alive for its next request, whose answer says that it was the last.
void server::be_replaced(const takeover::readiness& by) {
  replaced_ = true;
  draining_ = true;
  drains_.stop_saving();
  if (how_.under_init) tell_init(by.pid);
  supervision_.hand_over(by.pid);
  admin_->let_go();
  tell_busy();
  stop_accepting();
  news::info(
      "takeover: process {} with opslb {} serves, this one ends after its connections connections={} "
      "requests_in_flight={}",
      by.pid, by.version, shared_.connections.load(), shared_.busy.load());
  if (std::exchange(reload_due_, false)) ::kill(by.pid, SIGHUP);
}

/// Nobody accepts connections any more: whoever started opslb has to know soon.
void server::be_bereft(const std::string& how) {
  if (ending_) return;
  news::error(
      "takeover: the process that took over has ended ({}); this one finishes what is in flight, and exits with 1",
      how);
  exit_code_ = 1;
  if (how_.under_init) tell_init(::getpid());
  supervision_.hand_over(::getpid());
  end(false);
}

/// Where another process has the word it knows better than the file, which could perhaps not be written.
void server::restore_drains() {
  const std::filesystem::path file = state_file_of(current_->settings);
  if (!how_.before) return drains_.restore(file, *current_);
  std::vector<kept_drain> kept;
  for (const auto& each : how_.handed.drains) kept.push_back({each.backend, each.url, each.since});
  drains_.go_on(file, *current_, kept);
  note_busy_before({takeover::busy_before::unknown, 0, {}});
}

/// Nobody will listen on those that are left.
void server::settle_inherited() {
  if (how_.sockets.empty()) return;
  if (lineage_.leads()) {
    // systemd goes on listening there, so that clients would wait for an answer that never comes.
    throw std::runtime_error(
        fmt::format("no listener binds what systemd listens on: {}; give each ListenStream= of the "
                    "socket unit a listener, or remove it there",
                    how_.sockets.describe()));
  }
  how_.sockets.close_rest();
}

}  // namespace opslb
