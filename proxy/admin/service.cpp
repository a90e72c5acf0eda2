#include "proxy/admin/service.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "proxy/config_token.hpp"
#include "proxy/news.hpp"

namespace opslb::admin {
namespace {

/// What the socket is called in a takeover; no listener can be.
constexpr std::string_view handed_as = "@admin";

std::string token_of(const admin_config& settings) {
  if (settings.token_file.empty()) return {};
  auto token = read_token(settings.token_file);
  if (!token.value) throw std::runtime_error(fmt::format("admin.token_file: {}", token.wrong));
  return std::move(*token.value);
}

}  // namespace

service::plan service::prepare(const admin_config& settings, inherited_sockets& inherited) const {
  plan out;
  out.asked = settings.bind;
  out.token = token_of(settings);
  const bool is_off = settings.bind.what == admin_bind::kind::off;
  if (is_off) out.socket = listening_socket();
  if (is_off || (settings.bind == asked_ && socket_.is_open())) return out;
  const bool is_lasting = inherited.is_lasting(settings.bind.to_string());
  if (const auto given = inherited.take(settings.bind.to_string(), handed_as); !given.empty()) {
    out.socket = listening_socket(settings.bind, given.front());
    out.is_lasting = is_lasting;
    std::for_each(given.begin() + 1, given.end(), ::close);
    return out;
  }
  try {
    out.socket = listening_socket(settings.bind, socket_);
  } catch (const std::runtime_error& problem) {
    if (!settings.bind_is_default) throw;
    news::warning("{}; going on without it", problem.what());
    out.socket = listening_socket();
  }
  return out;
}

void service::carry_out(plan next) {
  asked_ = next.asked;
  if (!next.socket) {
    endpoint_.use({socket_.bound(), std::move(next.token)});
    return;
  }
  const bool was_open = socket_.is_open();
  const admin_bind before = socket_.bound();
  socket_ = std::move(*next.socket);
  is_lasting_ = next.is_lasting;
  if (!is_lasting_) socket_.own_file();
  endpoint_.serve(socket_.fd(), {socket_.bound(), std::move(next.token)});
  if (was_open) news::info("admin endpoint no longer on {}", before.to_string());
  if (socket_.is_open()) news::info("admin endpoint on {}", socket_.bound().to_string());
}

void service::hand_over(std::vector<takeover::handed_listener>& listeners, std::vector<int>& sockets) const {
  if (!socket_.is_open()) return;
  listeners.push_back({std::string(handed_as), asked_.to_string(), 1, is_lasting_});
  sockets.push_back(socket_.fd());
}

void service::let_go() {
  socket_.leave_file();
  socket_ = listening_socket();
  endpoint_.serve(-1, {});
}

}  // namespace opslb::admin
