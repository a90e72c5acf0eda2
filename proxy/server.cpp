#include "proxy/server.hpp"

#include <sched.h>

#include <algorithm>
#include <csignal>
#include <cstdio>

#include "proxy/access_log.hpp"
#include "proxy/checked_backends.hpp"
#include "proxy/config_files.hpp"
#include "proxy/descriptor_limit.hpp"
#include "proxy/found_backends.hpp"
#include "proxy/log.hpp"
#include "proxy/news.hpp"
#include "proxy/serving.hpp"

namespace opslb {
namespace {

namespace asio = boost::asio;

/// What a start may take beyond its first round of checks.
constexpr auto start_time = 10s;

unsigned worker_count(const config& settings) {
  if (settings.workers != 0) return settings.workers;
  cpu_set_t usable;
  CPU_ZERO(&usable);
  if (::sched_getaffinity(0, sizeof usable, &usable) != 0) return 1;
  return static_cast<unsigned>(CPU_COUNT(&usable));
}

}  // namespace

server::server(std::filesystem::path file, config loaded, start how)
    : file_(std::move(file)),
      how_(std::move(how)),
      tickets_(std::chrono::steady_clock::now(), how_.handed.tickets),
      supervision_(how_.under_init),
      lineage_(loop_, how_.self, how_.before, lineage_callbacks()) {
  tls::wipe(how_.handed.tickets);
  const unsigned workers = worker_count(loaded);
  loaded = with_found_backends(loaded, {}).settings;  // the others are looked up once signals are heard
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
  // Looking names up, and a first round, take as long as the slowest of them.
  lineage_.tell_start(2 * settings.health.timeout + start_time);

  signals_.add(SIGTERM);
  signals_.add(SIGINT);
  signals_.add(SIGHUP);
  signals_.add(SIGUSR1);
  signals_.add(SIGUSR2);
  ::signal(SIGPIPE, SIG_IGN);

  health::checker::callbacks tell;
  tell.changed = [this] { shared_.room.serve(); };
  tell.report = log_event;
  checker_ = std::make_unique<health::checker>(std::move(tell));
  restore_drains();
  shared_.told_version = [this](const health::entry* who, std::string_view version) {
    checker_->told_version(who, version);
  };
  shared_.suspect = [this](const health::entry* who) { checker_->suspect(who); };

  names_.look_up(settings, settings, [this, plan](config found) { begin_checks(std::move(found), plan); });
}

/// At the start, when it is known where all names lead.
void server::begin_checks(config found, const std::shared_ptr<listener_plan>& plan) {
  if (draining_) return;
  if (!same_backends(found.backends, current_->settings.backends)) {
    const auto backends = backends_for(found, current_.get(), workers_.size());
    current_ = std::make_shared<const generation>(std::move(found), backends, *current_);
    drains_.keep_out(*current_);
    drains_.adopt(state_file_of(current_->settings), *current_);
    show_busy_before();
  }
  news::info("opslb {} starts listeners={} backends={} workers={}", OPSLB_VERSION, current_->settings.listeners.size(),
             current_->backends.size(), workers_.size());
  for (const auto& each : workers_) each->start(current_);
  checker_->use(targets_of(current_), checks_of(current_->settings), [this, plan] {
    asio::post(loop_, [this, plan] {
      if (draining_) return;
      listeners_.carry_out(*plan, workers_);
      loaded_ = std::chrono::system_clock::now();
      begin_serving();
      settle();
    });
  });
}

void server::begin_serving() {
  serving_ = true;
  if (how_.before) admin_->carry_out(std::move(first_admin_plan_));
  lineage_.tell_ready(OPSLB_VERSION);
  lead();
}

/// Once this process serves and is the main one.
void server::lead() {
  if (!serving_ || draining_ || !lineage_.leads()) return;
  if (how_.before) drains_.take_file();
  busy_before_.forget_unknown();
  show_busy_before();
  supervision_.lead(loop_, state_in_words(), [this](const std::function<void()>& here) {
    for (const auto& each : workers_) each->answer(here);
    return workers_.size();
  });
}

std::string server::state_in_words() const {
  const auto& backends = current_->backends;
  if (current_->settings.named_backends.empty()) return "serving";
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
      if (changing_ || lineage_.is_under_way()) {
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
    // What the other process passes on is no second signal: both of them may get each one, from systemd or a terminal.
    default: end(std::exchange(was_signalled_, true));
  }
}

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
