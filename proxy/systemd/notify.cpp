#include "proxy/systemd/notify.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <stdexcept>
#include <system_error>

namespace opslb::systemd {
namespace {

/// A manager that does not read holds nobody up for longer.
constexpr timeval send_time{1, 0};

/// A text with a line break would be lines.
std::string one_line(std::string_view text) {
  std::string out(text);
  std::replace(out.begin(), out.end(), '\n', ' ');
  return out;
}

}  // namespace

notifier::notifier(std::string_view address) : address_(address) {
  if (address_.empty()) return;
  constexpr std::size_t most = sizeof(sockaddr_un::sun_path) - 1;
  if ((address_[0] != '/' && address_[0] != '@') || address_.size() < 2 || address_.size() > most) {
    throw std::runtime_error(fmt::format(
        "NOTIFY_SOCKET names no unix socket (a path, or a name behind \"@\"), so that systemd is told nothing: {}",
        address_));
  }
  if (address_[0] == '@') address_[0] = '\0';
  socket_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket_ < 0) {
    const std::error_code why(errno, std::generic_category());
    throw std::runtime_error(fmt::format("systemd cannot be told anything: {}", why.message()));
  }
  ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &send_time, sizeof send_time);
}

notifier::~notifier() {
  if (socket_ >= 0) ::close(socket_);
}

void notifier::tell(std::string_view lines) const {
  if (socket_ < 0) return;
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  std::memcpy(to.sun_path, address_.data(), address_.size());
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
  const auto* const any = reinterpret_cast<const sockaddr*>(&to);
  while (::sendto(socket_, lines.data(), lines.size(), MSG_NOSIGNAL, any, size) < 0 && errno == EINTR) {
  }
}

std::string ready(std::string_view status) { return fmt::format("READY=1\nSTATUS={}", one_line(status)); }

std::string reloading(std::chrono::microseconds now) {
  return fmt::format("RELOADING=1\nMONOTONIC_USEC={}\nSTATUS=reading the configuration", now.count());
}

std::string stopping(std::string_view status) { return fmt::format("STOPPING=1\nSTATUS={}", one_line(status)); }

std::string status(std::string_view text) { return fmt::format("STATUS={}", one_line(text)); }

std::string extend(std::chrono::microseconds more) { return fmt::format("EXTEND_TIMEOUT_USEC={}", more.count()); }

std::string main_process(pid_t which) { return fmt::format("MAINPID={}", which); }

}  // namespace opslb::systemd
