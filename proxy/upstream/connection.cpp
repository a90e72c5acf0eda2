#include "proxy/upstream/connection.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "proxy/socket_address.hpp"
#include "proxy/tls/client_context.hpp"
#include "proxy/tls/engine.hpp"

namespace opslb::upstream {
namespace {

std::string_view explain(int error) {
  switch (error) {
    case ECONNREFUSED: return "connection refused";
    case EHOSTUNREACH: return "host unreachable";
    case ENETUNREACH: return "network unreachable";
    case ECONNRESET: return "connection reset";
    case ETIMEDOUT: return "connection timed out";
    case EADDRNOTAVAIL: return "no local port left";
    case EMFILE:
    case ENFILE: return "no file descriptor left";
    default: return "connection failed";
  }
}

/// A socket on its way to `where`, or -1 with errno.
int begin_connecting(const headers::endpoint& where) {
  const socket_address address(where);
  const int fd = ::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(fd, address.get(), address.size()) == 0 || errno == EINPROGRESS) return fd;
  const int error = errno;
  ::close(fd);
  errno = error;
  return -1;
}

}  // namespace

/// What was interrupted ends by a cut, over TLS too: in a tunnel nothing but the close_notify tells the end from a cut.
connection::~connection() {
  if (!stream.is_interrupted() && !stream.is_broken()) stream.say_end();
}

void connection::rest(std::chrono::milliseconds keep, void (*closed)(void*, connection&), void* who) {
  closed_ = closed;
  closed_who_ = who;
  deadline_.expire_after(keep);
  stream.watch_for_end(
      [](void* self) {
        auto& me = *static_cast<connection*>(self);
        // Over TLS a session ticket may still come, which is no news.
        if (!me.stream.is_quiet()) me.closed_(me.closed_who_, me);
      },
      this, true);
}

void connection::wake() {
  closed_ = nullptr;
  deadline_.disarm();
  stream.watch_for_end(nullptr, nullptr);
}

void connection::expired() {
  if (closed_ != nullptr) {
    closed_(closed_who_, *this);
  } else {
    stream.interrupt(io_error::timed_out);
  }
}

task<connect_result> connect(loop_parts parts, std::shared_ptr<const backend> to, std::chrono::milliseconds limit,
                             std::string_view preamble, tls::ssl_ptr session, connection*& connecting,
                             std::uint16_t port) {
  connect_result result;
  const headers::endpoint* where = to->health->address();
  const int fd = where == nullptr ? -1 : begin_connecting({where->address, port == 0 ? where->port : port});
  if (fd < 0) {
    result.reason = where == nullptr ? "its name has not been resolved" : explain(errno);
    co_return result;
  }
  auto made = std::make_unique<connection>(parts, fd, std::move(to), where);
  transport& stream = made->stream;
  connecting = made.get();
  made->limit_connecting(limit);
  io_error error = co_await stream.connected();
  if (error == io_error::none && !preamble.empty()) error = co_await stream.write(preamble);
  const bool secures = error == io_error::none && session != nullptr;
  if (secures) {
    stream.begin_tls(std::move(session), made->received);
    error = co_await stream.handshake();
  }
  connecting = nullptr;
  made->connecting_done();
  if (error == io_error::none) {
    result.made = std::move(made);
  } else if (error == io_error::timed_out) {
    result.timed_out = true;
    result.reason = secures ? "no answer to TLS" : "no answer to connect";
  } else if (error == io_error::interrupted) {
    result.reason = "given up";
  } else if (secures) {
    result.reason = "TLS failed";
    result.tls_failure = tls::why_failed(*stream.tls(), stream.tls_failure().text);
  } else {
    result.reason = explain(stream.connect_errno());
  }
  co_return result;
}

}  // namespace opslb::upstream
