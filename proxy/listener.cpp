#include "proxy/listener.hpp"

#include <netinet/tcp.h>
#include <unistd.h>

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

listener::listener(lane& at, std::shared_ptr<const listener_info> info, int fd, connection_list& known,
                   std::size_t& running)
    : at_(at),
      info_(std::move(info)),
      known_(known),
      running_(running),
      pause_(at.parts.wheel, [](void* self) { static_cast<listener*>(self)->accept_all(); }, this) {
  watch_.fd = fd;
  watch_.notify = [](void* self) { static_cast<listener*>(self)->accept_all(); };
  watch_.notify_who = this;
  watch_.notify_readable = true;
  at_.shared.listeners.fetch_add(1, std::memory_order_relaxed);
  if (!at_.parts.io.add(watch_)) log::error("cannot watch a listening socket listener={}", info_->settings.name);
}

listener::~listener() {
  accept_all();
  at_.parts.io.remove(watch_);
  ::close(watch_.fd);
  at_.shared.listeners.fetch_sub(1, std::memory_order_release);
}

bool listener::is_full() const {
  const std::uint64_t limit = at_.current->settings.limits.connections;
  return limit != 0 && at_.shared.connections.load(std::memory_order_relaxed) >= limit;
}

void listener::accept_all() {
  for (;;) {
    if (is_full()) return pause_.expire_after(pause_time);
    socket_address peer;
    socklen_t size = socket_address::capacity();
    const int fd = ::accept4(watch_.fd, peer.get(), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
      if (errno == EINTR || errno == ECONNABORTED) continue;
      if (errno == EAGAIN || errno == EWOULDBLOCK) break;
      static log::rate_limit limit;
      std::uint64_t left_out = 0;
      const std::error_code why(errno, std::generic_category());
      if (limit.allows(left_out)) log::error("cannot accept connections: {} suppressed={}", why.message(), left_out);
      return pause_.expire_after(pause_time);
    }
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    spawn(serve_connection(at_, info_, fd, peer.to_endpoint(), known_), running_);
  }
  watch_.readable = false;
}

}  // namespace opslb
