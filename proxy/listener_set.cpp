#include "proxy/listener_set.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <system_error>

#include "proxy/listener.hpp"
#include "proxy/news.hpp"

namespace opslb {
namespace {

/// What the kernel shortens to net.core.somaxconn.
constexpr int backlog = 4096;

int duplicate(int socket) {
  const int copy = ::fcntl(socket, F_DUPFD_CLOEXEC, 0);
  if (copy < 0) throw std::system_error(errno, std::generic_category());
  return copy;
}

/// Another socket where there is one. Connections are spread over sockets that share a port (SO_REUSEPORT, and the same
/// user must have made them); where that cannot be, several workers accept from one.
int bind_another(const headers::endpoint& where, int sibling) {
  int shares_port = 0;
  socklen_t size = sizeof shares_port;
  ::getsockopt(sibling, SOL_SOCKET, SO_REUSEPORT, &shares_port, &size);
  if (shares_port == 0) return duplicate(sibling);
  try {
    return bind_socket(where, true);
  } catch (const std::system_error&) {
    return duplicate(sibling);  // that one is of another user
  }
}

/// What was inherited is used to the last socket, even if there are more than workers: closing one would reset the
/// connections that wait there.
std::vector<int> sockets_for_all(const listener_config& settings, std::size_t workers, inherited_sockets& inherited) {
  std::vector<int> sockets = inherited.take(settings.bind.to_string(), settings.name);
  try {
    if (sockets.empty()) sockets.push_back(bind_socket(settings.bind, false));
    const std::size_t first = sockets.size();
    headers::endpoint where = settings.bind;
    where.port = bound_to(sockets.front()).port;  // port 0: the others share what the kernel chose
    for (std::size_t i = first; i < workers; ++i) sockets.push_back(bind_another(where, sockets[i % first]));
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
  news::error("cannot listen on {} (listener \"{}\"): {}", info.settings.bind.to_string(), info.settings.name,
              why.message());
}

}  // namespace

listener_plan::~listener_plan() {
  for (const planned_listener& each : opened_) {
    for (const int fd : each.sockets) ::close(fd);
  }
}

listener_plan listener_set::plan(const config& settings, std::size_t workers, const tls::ticket_keys& tickets,
                                 inherited_sockets& inherited) const {
  listener_plan plan;
  std::vector<planned_listener> old = current_;
  for (const listener_config& each : settings.listeners) {
    const auto same = std::find_if(old.begin(), old.end(), [&](const planned_listener& known) {
      const listener_config& before = known.info->settings;
      return before.bind == each.bind && (each.bind.port != 0 || before.name == each.name);
    });
    auto contexts = contexts_for_all(each, workers, tickets);
    if (same == old.end()) {
      const auto info = std::make_shared<listener_info>(each, std::move(contexts), workers);
      plan.opened_.push_back({info, sockets_for_all(each, workers, inherited)});
      plan.next_.push_back(plan.opened_.back());
    } else {
      const auto info = std::make_shared<listener_info>(each, std::move(contexts), *same->info);
      plan.changed_.push_back({same->info, info});
      plan.next_.push_back({info, same->sockets});
      old.erase(same);
    }
  }
  for (const planned_listener& each : old) plan.gone_.push_back(each.info);
  return plan;
}

const listener_info* listener_set::find(std::string_view name) const {
  const auto found = std::find_if(current_.begin(), current_.end(),
                                  [name](const planned_listener& each) { return each.info->settings.name == name; });
  return found == current_.end() ? nullptr : found->info.get();
}

void listener_set::carry_out(listener_plan& plan, const std::vector<std::unique_ptr<worker>>& workers) {
  for (const auto& change : plan.changed_) {
    for (const auto& each : workers) each->change(change.from, change.to);
  }
  for (const auto& info : plan.gone_) {
    info->go();
    news::info("no longer listening on {} (listener \"{}\")", info->settings.bind.to_string(), info->settings.name);
  }
  if (!plan.gone_.empty()) {
    for (const auto& each : workers) each->drop_gone_listeners();
  }
  for (const planned_listener& each : plan.opened_) {
    // All sockets of a port listen before its name is logged; a worker that has none of the connections yet accepts later.
    for (const int fd : each.sockets) begin_listening(fd, *each.info);
    for (std::size_t i = 0; i < each.sockets.size(); ++i)
      workers[i % workers.size()]->open({{each.info, each.sockets[i]}});
    news::info("listening on {} (listener \"{}\")", bound_to(each.sockets.front()).to_string(),
               each.info->settings.name);
  }
  plan.opened_.clear();
  current_ = std::move(plan.next_);
}

void listener_set::hand_over(std::vector<takeover::handed_listener>& listeners, std::vector<int>& sockets) const {
  for (const planned_listener& each : current_) {
    const listener_config& settings = each.info->settings;
    listeners.push_back({settings.name, settings.bind.to_string(), each.sockets.size(), false});
    sockets.insert(sockets.end(), each.sockets.begin(), each.sockets.end());
  }
}

}  // namespace opslb
