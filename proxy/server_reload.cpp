// The server's configuration and certificates while it runs: SIGHUP, and files that change without anybody telling.
#include <ctime>
#include <stdexcept>
#include <string_view>
#include <tuple>

#include "proxy/access_log.hpp"
#include "proxy/checked_backends.hpp"
#include "proxy/config_files.hpp"
#include "proxy/descriptor_limit.hpp"
#include "proxy/log.hpp"
#include "proxy/news.hpp"
#include "proxy/serving.hpp"

namespace opslb {
namespace {

/// Both logs as in `wanted`, or as they are in `present`. Throws std::runtime_error for the operator.
void move_logs(const config& wanted, const config& present) {
  log::open(wanted.log);
  try {
    access_log::open(wanted.access_log);
  } catch (const std::exception&) {
    log::open(present.log);
    throw;
  }
}

}  // namespace

/// What changed on the disk is not acknowledged here: where the reload is refused, new certificates come into use all the same.
void server::reload() {
  supervision_.reloading();
  load_result loaded = load_config(file_);
  for (const config_problem& each : loaded.warnings) news::warning("{}", describe(each, file_));
  for (const config_problem& each : loaded.problems) news::error("{}", describe(each, file_));
  if (!loaded.value) {
    return refuse_reload(
        fmt::format("configuration not reloaded, the old one stays in use problems={}", loaded.problems.size()));
  }
  changing_ = true;
  names_.look_up(current_->settings, std::move(*loaded.value), [this](config found) {
    if (!draining_) begin_with(std::move(found), "configuration");
  });
}

void server::refuse_reload(std::string why) {
  note_reload(false, std::move(why));
  supervision_.reloaded();
  names_.keep_to(current_->settings);
  settle();
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
    move_logs(settings, current_->settings);
    const auto backends = backends_for(settings, current_.get(), workers_.size());
    auto next = std::make_shared<const generation>(std::move(settings), backends, workers_.size());
    const health::check_settings checks = checks_of(next->settings);
    changing_ = true;
    drains_.keep_out(*next);
    // The new configuration takes traffic after its first round of checks.
    checker_->use(targets_of(next), checks, [this, next, plan, admin_plan, files, what] {
      boost::asio::post(loop_, [this, next, plan, admin_plan, files, what] {
        std::tie(listener_files_, backend_files_) = *files;
        if (!draining_) admin_->carry_out(std::move(*admin_plan));
        adopt(next, *plan, what);
      });
    });
  } catch (const std::exception& problem) {
    refuse_reload(fmt::format("{} not reloaded, the old one stays in use: {}", what, problem.what()));
  }
}

void server::note_reload(bool ok, std::string text) {
  last_reload_ = admin::reload{std::chrono::system_clock::now(), ok, text};
  if (ok) loaded_ = last_reload_->at;
  news::tell(ok ? log_level::info : log_level::error, std::move(text));
}

void server::adopt(std::shared_ptr<const generation> next, listener_plan& plan, std::string_view what) {
  if (draining_) return;
  listeners_.carry_out(plan, workers_);
  put_in_force(std::move(next), [this, what](const generation& now) {
    note_reload(true, fmt::format("{} reloaded listeners={} backends={}", what, now.settings.listeners.size(),
                                  now.backends.size()));
  });
  serving_ = true;
  names_.keep_to(current_->settings);
  supervision_.reloaded();
  settle();
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
    if (!draining_ && !changing_) look_at_files();
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
  // In this order, so that what is wrong with the backends' does not keep new ones of the listeners out.
  if (listeners_changed) renew_certificates();
  if (backends_changed) begin_with(current_->settings, "certificates for the backends");
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

}  // namespace opslb
