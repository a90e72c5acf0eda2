#include "proxy/listener.hpp"

#include <netinet/tcp.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "proxy/log.hpp"
#include "proxy/socket_address.hpp"

namespace opslb {
namespace {

constexpr auto pause_time = std::chrono::milliseconds(100);

[[noreturn]] void fail(int fd) {
  const int error = errno;
  if (fd >= 0) ::close(fd);
  throw std::system_error(error, std::generic_category());
}

int open_socket(const socket_address& address, int reuse) {
  const int fd = ::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) fail(fd);
  const int on = 1;
  const int off = 0;
  ::setsockopt(fd, SOL_SOCKET, reuse, &on, sizeof on);
  if (address.family() == AF_INET6) ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  if (::bind(fd, address.get(), address.size()) == 0) return fd;
  // Connections that another program left in TIME_WAIT are no reason to fail.
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(fd, address.get(), address.size()) != 0) fail(fd);
  return fd;
}

}  // namespace

int bind_socket(const headers::endpoint& bind, bool already_ours) {
  const socket_address address(bind);
  // SO_REUSEPORT would let a second opslb share the port unnoticed: without it the kernel says that it is taken. It says so
  // of one that has bound but does not listen yet only as long as that one's sockets lack SO_REUSEADDR.
  if (!already_ours && bind.port != 0) ::close(open_socket(address, SO_REUSEADDR));
  return open_socket(address, SO_REUSEPORT);
}

headers::endpoint bound_to(int fd) {
  socket_address address;
  socklen_t size = socket_address::capacity();
  ::getsockname(fd, address.get(), &size);
  return address.to_endpoint();
}

listener::listener(lane& at, std::shared_ptr<const listener_info> info, int fd, connection_list& known)
    : at_(at),
      info_(std::move(info)),
      known_(known),
      pause_(at.parts.wheel, [](void* self) { static_cast<listener*>(self)->go_on(); }, this) {
  local_ = bound_to(fd);
  // Connections inherit it.
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  watch_.fd = fd;
  watch_.notify = [](void* self) { static_cast<listener*>(self)->accept_some(); };
  watch_.notify_who = this;
  watch_.notify_readable = true;
  at_.shared.listeners.fetch_add(1, std::memory_order_relaxed);
  if (!at_.parts.io.add_listening(watch_))
    log::error("cannot watch a listening socket listener={}", info_->settings.name);
}

listener::~listener() {
  while (accept_one()) {
  }
  at_.parts.io.remove_listening(watch_);
  ::close(watch_.fd);
  at_.shared.listeners.fetch_sub(1, std::memory_order_release);
}

bool listener::is_full() const {
  const std::uint64_t limit = at_.current->settings.limits.connections;
  return limit != 0 && at_.shared.connections.load(std::memory_order_relaxed) >= limit;
}

/// One at a time, so that none is asked for in vain; more and more while they come faster than the loop turns.
void listener::accept_some() {
  constexpr std::size_t most = 64;
  const std::uint64_t turn = at_.parts.io.turns();
  most_at_once_ = turn == last_turn_ + 1 ? std::min(most_at_once_ * 2, most) : 1;
  last_turn_ = turn;
  for (std::size_t i = 0; i < most_at_once_; ++i) {
    if (!accept_one()) return;
  }
}

/// False: there is none, or no room for one.
bool listener::accept_one() {
  if (is_full()) {
    pause();
    return false;
  }
  for (;;) {
    socket_address peer;
    socklen_t size = socket_address::capacity();
    const int fd = ::accept4(watch_.fd, peer.get(), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      serve_connection({at_, info_, known_, fd, peer.to_endpoint(), local_});
      return true;
    }
    if (errno == EINTR || errno == ECONNABORTED) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) return false;
    static log::rate_limit limit;
    std::uint64_t left_out = 0;
    const std::error_code why(errno, std::generic_category());
    if (limit.allows(left_out)) log::error("cannot accept connections: {} suppressed={}", why.message(), left_out);
    pause();
    return false;
  }
}

void listener::pause() {
  if (pause_.is_armed()) return;
  at_.parts.io.tell_listening(watch_, false);
  pause_.expire_after(pause_time);
}

void listener::go_on() { at_.parts.io.tell_listening(watch_, true); }

}  // namespace opslb
