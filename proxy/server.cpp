#include "proxy/server.hpp"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <system_error>
#include <tuple>
#include <utility>

#include "health/checker.hpp"
#include "proxy/access_log.hpp"
#include "proxy/admin/service.hpp"
#include "proxy/checked_backends.hpp"
#include "proxy/config_files.hpp"
#include "proxy/descriptor_limit.hpp"
#include "proxy/drains.hpp"
#include "proxy/file_watch.hpp"
#include "proxy/init.hpp"
#include "proxy/listener_set.hpp"
#include "proxy/log.hpp"
#include "proxy/news.hpp"
#include "proxy/recent_search.hpp"
#include "proxy/systemd/supervision.hpp"
#include "proxy/take_report.hpp"
#include "proxy/takeover/lineage.hpp"
#include "proxy/worker.hpp"

namespace opslb {
namespace {

namespace asio = boost::asio;

/// How often a drain looks whether all is done, and how long cut connections get to end.
constexpr auto drain_poll = 50ms;
constexpr auto cut_time = 2s;
/// How often the certificates in use are judged anew: their time passes without a reload.
constexpr auto review_interval = 24h;
/// What a start may take beyond its first round of checks.
constexpr auto start_time = 10s;

unsigned worker_count(const config& settings) {
  if (settings.workers != 0) return settings.workers;
  cpu_set_t usable;
  CPU_ZERO(&usable);
  if (::sched_getaffinity(0, sizeof usable, &usable) != 0) return 1;
  return static_cast<unsigned>(CPU_COUNT(&usable));
}

/// What is in flight at a backend in the process before, as long as that has not said it.
constexpr std::uint32_t unknown_count = std::numeric_limits<std::uint32_t>::max();

admin::change_result to_result(drain_outcome from) {
  using kind = admin::change_result::kind;
  switch (from.answer) {
    case drain_answer::unknown_backend: return {kind::unknown, std::move(from.text)};
    case drain_answer::refused: return {kind::refused, std::move(from.text)};
    case drain_answer::done: break;
  }
  return {kind::done, std::move(from.text)};
}

class server {
 public:
  server(std::filesystem::path file, config loaded, start how);
  int run();

 private:
  void prepare();
  void wait_for_signal();
  void on_signal(int number);
  void restore_drains();
  void settle_inherited();
  void begin_serving();
  void lead();
  std::string state_in_words() const;
  void reload();
  void begin_with(config settings, std::string_view what);
  void wait_for_second();
  void hear_of_agents();
  void look_at_files();
  void renew_certificates();
  void review_certificates();
  void adopt(std::shared_ptr<const generation> next, listener_plan& plan, std::string_view what);
  takeover::lineage::callbacks lineage_callbacks();
  void take_over_if_due();
  std::pair<takeover::handover, std::vector<int>> hand_over();
  void note_busy_before(const takeover::remaining& before);
  void tell_busy();
  void be_replaced(const takeover::readiness& by);
  void be_bereft(const std::string& how);
  void end();
  void note_reload(bool ok, std::string text);
  void begin_drain();
  void stop_accepting();
  void look_again(std::chrono::steady_clock::time_point began);
  void watch_drain(std::chrono::steady_clock::time_point began);
  void finish();
  void summarize();

  // For the admin endpoint.
  admin::operations admin_operations();
  process_view view();
  admin::report report();

  std::filesystem::path file_;
  start how_;
  std::unique_ptr<admin::service> admin_;  ///< outlives what it has posted to the loop
  admin::service::plan first_admin_plan_;
  asio::io_context loop_{1};
  asio::signal_set signals_{loop_};
  asio::steady_timer timer_{loop_};
  asio::steady_timer second_{loop_};
  tls::ticket_keys tickets_;
  shared_parts shared_;
  std::shared_ptr<const generation> current_;
  listener_set listeners_;
  agent_register agents_;
  std::string agent_notes_;  ///< memory
  std::vector<std::unique_ptr<worker>> workers_;
  std::unique_ptr<health::checker> checker_;
  drains drains_{{workers_, checker_, shared_.room}};
  /// Counts configurations that were begun with: one whose first round ended when a later one had begun is dropped, since
  /// the later one was planned without it.
  std::uint64_t loads_ = 0;
  std::uint64_t in_force_ = 0;  ///< the number of the one that serves
  file_watch listener_files_;
  file_watch backend_files_;
  std::chrono::steady_clock::time_point next_review_ = std::chrono::steady_clock::now() + review_interval;
  systemd::supervision supervision_;
  takeover::lineage lineage_;
  const admin::wall_time started_ = std::chrono::system_clock::now();
  const std::chrono::steady_clock::time_point started_ticking_ = std::chrono::steady_clock::now();
  admin::wall_time loaded_ = started_;
  std::optional<admin::reload> last_reload_;
  std::vector<std::uint32_t> told_busy_;  ///< to the process that took over, of each backend
  bool serving_ = false;
  bool takeover_due_ = false;  ///< SIGUSR2 came
  bool reload_due_ = false;    ///< SIGHUP came during a takeover: it is for whoever serves then
  bool replaced_ = false;      ///< another process has taken over
  bool draining_ = false;      ///< replaced, or ending
  bool ending_ = false;        ///< SIGTERM or SIGINT came
  int exit_code_ = 0;
};

server::server(std::filesystem::path file, config loaded, start how)
    : file_(std::move(file)),
      how_(std::move(how)),
      tickets_(std::chrono::steady_clock::now(), how_.handed.tickets),
      supervision_(how_.under_init),
      lineage_(loop_, how_.self, how_.before, lineage_callbacks()) {
  tls::wipe(how_.handed.tickets);
  const unsigned workers = worker_count(loaded);
  const std::vector<std::shared_ptr<upstream::backend>> backends = backends_for(loaded, nullptr, workers);
  loaded.limits.connections = fit_descriptor_limit(loaded.limits.connections);
  current_ = std::make_shared<generation>(std::move(loaded), backends, workers);
}

int server::run() {
  prepare();
  wait_for_signal();
  wait_for_second();
  loop_.run();
  admin_->stop();
  for (const auto& each : workers_) each->stop();
  checker_.reset();  // after the workers, which may suspect a backend to their end
  summarize();
  return exit_code_;
}

void server::prepare() {
  const config& settings = current_->settings;
  const unsigned count = worker_count(settings);
  for (unsigned i = 0; i < count; ++i) workers_.push_back(std::make_unique<worker>(shared_, i));
  listener_files_ = file_watch(files_of_listeners(settings));
  backend_files_ = file_watch(files_of_backends(settings));
  // Ports are taken before the first checks, so that a taken port is an error at once; they open after them.
  auto plan = std::make_shared<listener_plan>(listeners_.plan(settings, count, tickets_, how_.sockets));
  admin_ = std::make_unique<admin::service>(admin_operations());
  first_admin_plan_ = admin_->prepare(settings.admin, how_.sockets);
  settle_inherited();
  // The process before this one answers for both until this one serves, too.
  if (!how_.before) admin_->carry_out(std::move(first_admin_plan_));
  // A first round takes as long as its slowest check.
  lineage_.tell_start(settings.health.timeout + start_time);

  signals_.add(SIGTERM);
  signals_.add(SIGINT);
  signals_.add(SIGHUP);
  signals_.add(SIGUSR1);
  signals_.add(SIGUSR2);
  ::signal(SIGPIPE, SIG_IGN);

  health::checker::callbacks tell;
  tell.changed = [this] { shared_.room.serve(); };
  tell.report = [](const health::event& event) {
    news::tell(event.warning ? log_level::warning : log_level::info, event.text);
  };
  checker_ = std::make_unique<health::checker>(std::move(tell));
  restore_drains();
  shared_.suspect = [this](const health::entry* who) { checker_->suspect(who); };

  news::info("opslb {} starts listeners={} backends={} workers={}", OPSLB_VERSION, settings.listeners.size(),
             settings.backends.size(), count);
  for (const auto& each : workers_) each->start(current_);
  checker_->use(targets_of(current_), checks_of(settings), [this, plan, number = ++loads_] {
    asio::post(loop_, [this, plan, number] {
      if (number != loads_) return;
      if (draining_) return;
      listeners_.carry_out(*plan, workers_);
      in_force_ = number;
      loaded_ = std::chrono::system_clock::now();
      begin_serving();
    });
  });
}

/// Where another process has the word it knows better than the file, which could perhaps not be written.
void server::restore_drains() {
  const std::filesystem::path file = state_file_of(current_->settings);
  if (!how_.before) return drains_.restore(file, *current_);
  std::vector<kept_drain> kept;
  for (const auto& each : how_.handed.drains) kept.push_back({each.backend, each.url, each.since});
  drains_.go_on(file, *current_, kept);
  note_busy_before({unknown_count, {}});
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

void server::begin_serving() {
  serving_ = true;
  if (how_.before) admin_->carry_out(std::move(first_admin_plan_));
  lineage_.tell_ready(OPSLB_VERSION);
  lead();
  take_over_if_due();
}

/// Once this process serves and is the main one.
void server::lead() {
  if (!serving_ || draining_ || !lineage_.leads()) return;
  if (how_.before) drains_.take_file();
  for (const auto& each : current_->backends) {
    std::uint32_t unknown = unknown_count;  // still, and all has been said
    each.shared->in_flight_before.compare_exchange_strong(unknown, 0);
  }
  supervision_.lead(loop_, state_in_words(), [this](const std::function<void()>& here) {
    for (const auto& each : workers_) each->answer(here);
    return workers_.size();
  });
}

std::string server::state_in_words() const {
  const auto& backends = current_->backends;
  if (backends.empty()) return "serving";
  const auto up =
      std::count_if(backends.begin(), backends.end(), [](const auto& each) { return each.shared->health->is_up(); });
  return fmt::format("serving, {} of {} hosts {} up", up, backends.size(), up == 1 ? "is" : "are");
}

void server::wait_for_signal() {
  signals_.async_wait([this](boost::system::error_code error, int number) {
    if (error) return;
    on_signal(number);
    wait_for_signal();
  });
}

void server::on_signal(int number) {
  switch (number) {
    case SIGHUP:
      if (lineage_.is_under_way()) {
        reload_due_ = true;
      } else if (!draining_) {
        reload();
      }
      break;
    case SIGUSR1:
      log::reopen();
      access_log::reopen();
      log::info("log files reopened");
      lineage_.tell_reopen();
      break;
    case SIGUSR2:
      if (draining_) {
        log::warning("SIGUSR2: this process is ending already; nothing was done");
        break;
      }
      takeover_due_ = true;
      take_over_if_due();
      break;
    default: end();
  }
}

// Reload.

void server::reload() {
  supervision_.reloading();
  // What is wrong with them is told now, and not once more.
  listener_files_.acknowledge();
  backend_files_.acknowledge();
  load_result loaded = load_config(file_);
  for (const config_problem& each : loaded.warnings) news::warning("{}", describe(each, file_));
  for (const config_problem& each : loaded.problems) news::error("{}", describe(each, file_));
  if (!loaded.value) {
    note_reload(
        false, fmt::format("configuration not reloaded, the old one stays in use problems={}", loaded.problems.size()));
    supervision_.reloaded();
    return;
  }
  begin_with(std::move(*loaded.value), "configuration");
}

/// `what` is told to be reloaded, or not.
void server::begin_with(config settings, std::string_view what) {
  settings.limits.connections = fit_descriptor_limit(settings.limits.connections);
  if (settings.workers != current_->settings.workers) {
    log::warning("a new number of workers needs a restart workers={}", workers_.size());
  }
  try {
    const auto files =
        std::make_shared<std::pair<file_watch, file_watch>>(files_of_listeners(settings), files_of_backends(settings));
    auto plan = std::make_shared<listener_plan>(listeners_.plan(settings, workers_.size(), tickets_, how_.sockets));
    auto admin_plan = std::make_shared<admin::service::plan>(admin_->prepare(settings.admin, how_.sockets));
    log::open(settings.log);
    access_log::open(settings.access_log);
    const auto backends = backends_for(settings, current_.get(), workers_.size());
    auto next = std::make_shared<const generation>(std::move(settings), backends, workers_.size());
    const health::check_settings checks = checks_of(next->settings);
    // The new configuration takes traffic after its first round of checks.
    checker_->use(targets_of(next), checks, [this, next, plan, admin_plan, files, what, number = ++loads_] {
      asio::post(loop_, [this, next, plan, admin_plan, files, what, number] {
        if (number != loads_) return;
        in_force_ = number;
        std::tie(listener_files_, backend_files_) = *files;
        if (!draining_) admin_->carry_out(std::move(*admin_plan));
        adopt(next, *plan, what);
      });
    });
  } catch (const std::exception& problem) {
    note_reload(false, fmt::format("{} not reloaded, the old one stays in use: {}", what, problem.what()));
    supervision_.reloaded();
  }
}

void server::note_reload(bool ok, std::string text) {
  last_reload_ = admin::reload{std::chrono::system_clock::now(), ok, text};
  if (ok) loaded_ = last_reload_->at;
  news::tell(ok ? log_level::info : log_level::error, std::move(text));
}

void server::adopt(std::shared_ptr<const generation> next, listener_plan& plan, std::string_view what) {
  if (draining_) return;
  current_ = std::move(next);
  drains_.adopt(state_file_of(current_->settings), *current_);
  listeners_.carry_out(plan, workers_);
  // It is in force, and said to be, once every worker has it, listeners included: posts are carried out in order.
  const auto missing = std::make_shared<std::atomic<std::size_t>>(workers_.size());
  for (const auto& each : workers_) {
    each->use(current_, [this, missing, what, of = current_] {
      if (missing->fetch_sub(1) != 1) return;
      auto text =
          fmt::format("{} reloaded listeners={} backends={}", what, of->settings.listeners.size(), of->backends.size());
      asio::post(loop_, [this, text = std::move(text)]() mutable { note_reload(true, std::move(text)); });
    });
  }
  serving_ = true;
  // Whoever waits keeps the configuration that it came with, but a backend in that one may have come up.
  shared_.room.serve();
  supervision_.reloaded();
  take_over_if_due();
}

// Certificates, which change without anybody telling.

void server::wait_for_second() {
  second_.expires_after(1s);
  second_.async_wait([this](boost::system::error_code error) {
    if (error) return;
    tickets_.advance(std::chrono::steady_clock::now());
    drains_.look();
    hear_of_agents();
    if (draining_) supervision_.draining();
    if (!draining_) supervision_.show(state_in_words());
    if (!draining_ && in_force_ == loads_) look_at_files();
    if (std::chrono::steady_clock::now() >= next_review_) review_certificates();
    wait_for_second();
  });
}

void server::hear_of_agents() {
  shared_.agents.take(agent_notes_);
  agents_.take(agent_notes_, std::chrono::system_clock::now());
}

void server::look_at_files() {
  const bool listeners_changed = listener_files_.look();
  const bool backends_changed = backend_files_.look();
  if (backends_changed) {
    begin_with(current_->settings, "certificates for the backends");
  } else if (listeners_changed) {
    renew_certificates();
  }
}

/// New connections get the new ones at once. Those that there are keep what they began with.
void server::renew_certificates() {
  try {
    listener_plan plan = listeners_.plan(current_->settings, workers_.size(), tickets_, how_.sockets);
    listeners_.carry_out(plan, workers_);
    news::info("certificates reloaded");
    review_certificates();
  } catch (const std::exception& problem) {
    news::error("certificates not reloaded, the old ones stay in use: {}", problem.what());
  }
}

/// Of a process that runs for months somebody has to say that its certificate ends soon.
void server::review_certificates() {
  for (const config_problem& each : review_files(current_->settings, std::time(nullptr)))
    news::warning("{}: {}", each.path, each.message);
  next_review_ = std::chrono::steady_clock::now() + review_interval;
}

// Takeover by another process (contract 1).

takeover::lineage::callbacks server::lineage_callbacks() {
  takeover::lineage::callbacks tell;
  tell.collect = [this] { return hand_over(); };
  tell.replaced = [this](const takeover::readiness& by) { be_replaced(by); };
  tell.goes_on = [this] {
    drains_.hold(false);
    if (std::exchange(reload_due_, false) && !draining_) reload();
  };
  tell.leads = [this] { lead(); };
  tell.end_comes = [this](bool at_once) {
    if (at_once || !ending_) end();
  };
  tell.reopen = [this] { on_signal(SIGUSR1); };
  tell.busy = [this](const takeover::remaining& before) { note_busy_before(before); };
  tell.bereft = [this](const std::string& how) { be_bereft(how); };
  return tell;
}

/// Not while a configuration is on its way: its sockets belong to nobody yet.
void server::take_over_if_due() {
  if (in_force_ != loads_ || draining_ || !std::exchange(takeover_due_, false)) return;
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

/// A host is not drained as long as something is in flight there in either process.
void server::note_busy_before(const takeover::remaining& before) {
  for (const auto& each : current_->backends) {
    if (before.backend.empty() || each.shared->name == before.backend)
      each.shared->in_flight_before.store(before.count);
  }
}

void server::tell_busy() {
  told_busy_.resize(current_->backends.size(), unknown_count);
  for (std::size_t i = 0; i < told_busy_.size(); ++i) {
    const upstream::backend& each = *current_->backends[i].shared;
    const std::uint32_t count = each.in_flight.load() + each.in_flight_before.load();
    if (std::exchange(told_busy_[i], count) != count) lineage_.tell_busy({count, each.name});
  }
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
  end();
}

// What the admin endpoint asks.

admin::operations server::admin_operations() {
  admin::operations out;
  out.post = [this](std::function<void()> what) { asio::post(loop_, std::move(what)); };
  out.take_report = [this] { return report(); };
  // Whoever asks wants to know of opslb at this address, and had connected before the other process answered there.
  out.is_ready = [this] {
    return replaced_ ? admin::readiness{true, "another process has taken over"} : readiness_of(view());
  };
  // What comes to the process that was replaced would reach nobody who serves.
  const admin::change_result too_late{admin::change_result::kind::refused, "another process has taken over; ask again"};
  out.drain = [this, too_late](std::string_view name, bool force) {
    return replaced_ ? too_late : to_result(drains_.drain(*current_, name, force));
  };
  out.ready = [this, too_late](std::string_view name) {
    return replaced_ ? too_late : to_result(drains_.put_back(*current_, name));
  };
  out.agents = [this] {
    hear_of_agents();
    return admin::found_agents{std::chrono::system_clock::now(), agents_.list(), agents_.forgotten()};
  };
  out.find_requests = [this](const std::string& id, std::function<void(admin::found_requests)> done) {
    search_recent(workers_, id, std::move(done));
  };
  return out;
}

process_view server::view() {
  const auto state = draining_  ? admin::process_state::draining
                     : serving_ ? admin::process_state::serving
                                : admin::process_state::starting;
  return {*current_, workers_, shared_, listeners_, drains_, agents_, state};
}

admin::report server::report() {
  hear_of_agents();
  admin::report out = take_report(view());
  out.file = file_.string();
  out.started = started_;
  out.uptime = std::chrono::duration<double>(std::chrono::steady_clock::now() - started_ticking_).count();
  out.loaded = loaded_;
  out.last_reload = last_reload_;
  return out;
}

// The end.

void server::end() {
  lineage_.end(ending_);
  if (std::exchange(ending_, true)) {
    log::warning("second signal: exiting at once");
    log::close();
    ::_exit(1);
  }
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

}  // namespace

int serve(const std::filesystem::path& file, config loaded, start how) {
  const auto before = how.before;
  try {
    log::open(loaded.log);
    access_log::open(loaded.access_log);
    int code = 0;
    {
      server whole(file, std::move(loaded), std::move(how));
      code = whole.run();
    }
    access_log::close();
    log::close();
    return code;
  } catch (const std::exception& problem) {
    log::close();
    if (before) before->tell_failed(problem.what());
    std::fprintf(stderr, "opslb: cannot start: %s\n", problem.what());
    return 1;
  }
}

}  // namespace opslb
