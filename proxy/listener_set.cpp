#include "proxy/listener_set.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <system_error>

#include "proxy/listener.hpp"
#include "proxy/log.hpp"

namespace opslb {
namespace {

/// What the kernel shortens to net.core.somaxconn.
constexpr int backlog = 4096;

std::vector<int> bind_for_all(const listener_config& settings, std::size_t workers) {
  std::vector<int> sockets;
  headers::endpoint where = settings.bind;
  try {
    for (std::size_t i = 0; i < workers; ++i) {
      sockets.push_back(bind_socket(where, i != 0));
      where.port = bound_to(sockets.front()).port;  // port 0: the others share what the kernel chose
    }
  } catch (const std::system_error& problem) {
    for (const int fd : sockets) ::close(fd);
    throw std::runtime_error(fmt::format("listener \"{}\" cannot bind {}: {}", settings.name, settings.bind.to_string(),
                                         problem.code().message()));
  }
  return sockets;
}

listener_info::tls_contexts contexts_for_all(const listener_config& settings, std::size_t workers,
                                             const tls::ticket_keys& tickets) {
  listener_info::tls_contexts contexts;
  if (!settings.tls) return contexts;
  try {
    const tls::server_files files = tls::read_files(*settings.tls);
    for (std::size_t i = 0; i < workers; ++i)
      contexts.push_back(std::make_unique<tls::server_context>(*settings.tls, files, settings.name, tickets));
  } catch (const std::runtime_error& problem) {
    throw std::runtime_error(fmt::format("listener \"{}\": {}", settings.name, problem.what()));
  }
  return contexts;
}

void begin_listening(int fd, const listener_info& info) {
  const int on = 1;
  // For the connections, which inherit it: those in TIME_WAIT must not keep the next process from binding.
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::listen(fd, backlog) == 0) return;
  const std::error_code why(errno, std::generic_category());
  log::error("cannot listen on {} (listener \"{}\"): {}", info.settings.bind.to_string(), info.settings.name,
             why.message());
}

}  // namespace

listener_plan::~listener_plan() {
  for (const opening& each : opened_) {
    for (const int fd : each.sockets) ::close(fd);
  }
}

listener_plan listener_set::plan(const config& settings, std::size_t workers, const tls::ticket_keys& tickets) const {
  listener_plan plan;
  std::vector<std::shared_ptr<listener_info>> old = current_;
  for (const listener_config& each : settings.listeners) {
    const auto same = std::find_if(old.begin(), old.end(), [&](const auto& known) {
      return known->settings.bind == each.bind && (each.bind.port != 0 || known->settings.name == each.name);
    });
    auto contexts = contexts_for_all(each, workers, tickets);
    const auto info = same == old.end() ? std::make_shared<listener_info>(each, std::move(contexts), workers)
                                        : std::make_shared<listener_info>(each, std::move(contexts), **same);
    plan.next_.push_back(info);
    if (same == old.end()) {
      plan.opened_.push_back({info, bind_for_all(each, workers)});
    } else {
      plan.changed_.push_back({*same, info});
      old.erase(same);
    }
  }
  plan.gone_ = std::move(old);
  return plan;
}

void listener_set::carry_out(listener_plan& plan, const std::vector<std::unique_ptr<worker>>& workers) {
  for (const auto& change : plan.changed_) {
    for (const auto& each : workers) each->change(change.from, change.to);
  }
  for (const auto& info : plan.gone_) {
    info->go();
    log::info("no longer listening on {} (listener \"{}\")", info->settings.bind.to_string(), info->settings.name);
  }
  if (!plan.gone_.empty()) {
    for (const auto& each : workers) each->drop_gone_listeners();
  }
  for (auto& opening : plan.opened_) {
    // All sockets of a port listen before its name is logged; a worker that has none of the connections yet accepts later.
    for (const int fd : opening.sockets) begin_listening(fd, *opening.info);
    for (std::size_t i = 0; i < workers.size(); ++i) workers[i]->open({{opening.info, opening.sockets[i]}});
    log::info("listening on {} (listener \"{}\")", bound_to(opening.sockets.front()).to_string(),
              opening.info->settings.name);
  }
  plan.opened_.clear();
  current_ = std::move(plan.next_);
}

}  // namespace opslb
