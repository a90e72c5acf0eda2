#include "proxy/admin/endpoint.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <future>
#include <list>
#include <memory>
#include <thread>

#include "proxy/admin/session.hpp"
#include "proxy/log.hpp"

namespace opslb::admin {

namespace asio = boost::asio;
using asio::awaitable;

namespace {

constexpr auto as_value = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t most_sessions = 64;
constexpr auto look_interval = std::chrono::seconds(1);
/// After accept() failed, for want of descriptors or memory.
constexpr auto breather = std::chrono::milliseconds(100);

}  // namespace

struct endpoint::parts {
  explicit parts(operations of) : server(std::move(of)) {}

  awaitable<void> accept_all(std::shared_ptr<asio::posix::stream_descriptor> from);
  awaitable<void> look_at_sessions();
  awaitable<void> keep_history();
  void accept_last(int from);
  void take(int fd);
  bool make_room();

  const operations server;
  asio::io_context io{1};
  site here{io, server, nullptr};
  std::list<session> sessions;
  std::shared_ptr<asio::posix::stream_descriptor> listening;
  std::thread thread;
};

endpoint::endpoint(operations server) : parts_(std::make_unique<parts>(std::move(server))) {
  parts& me = *parts_;
  const auto not_to_fail = [](std::exception_ptr error) {
    if (error) std::rethrow_exception(error);
  };
  asio::co_spawn(me.io, me.look_at_sessions(), not_to_fail);
  asio::co_spawn(me.io, me.keep_history(), not_to_fail);
  me.thread = std::thread([&me] { me.io.run(); });
}

endpoint::~endpoint() { stop(); }

void endpoint::stop() {
  if (!parts_->thread.joinable()) return;
  parts_->io.stop();
  parts_->thread.join();
}

void endpoint::serve(int listening, gate entrance) {
  const int fd = listening < 0 ? -1 : ::fcntl(listening, F_DUPFD_CLOEXEC, 0);
  const auto done = std::make_shared<std::promise<void>>();
  asio::post(parts_->io, [&me = *parts_, fd, done, entrance = std::move(entrance)]() mutable {
    // Who has connected already is let in by the old rules; after a takeover the new process lets them in.
    if (me.listening && fd >= 0) me.accept_last(me.listening->native_handle());
    me.here.entrance = std::make_shared<const gate>(std::move(entrance));
    if (me.listening) me.listening->close();
    me.listening.reset();
    for (session& each : me.sessions) each.leave();
    if (fd >= 0) {
      me.listening = std::make_shared<asio::posix::stream_descriptor>(me.io, fd);
      asio::co_spawn(me.io, me.accept_all(me.listening), asio::detached);
    }
    done->set_value();
  });
  done->get_future().wait();
}

void endpoint::use(gate entrance) {
  asio::post(parts_->io, [&me = *parts_, entrance = std::move(entrance)]() mutable {
    me.here.entrance = std::make_shared<const gate>(std::move(entrance));
  });
}

awaitable<void> endpoint::parts::accept_all(std::shared_ptr<asio::posix::stream_descriptor> from) {
  asio::steady_timer pause(io);
  for (;;) {
    const int fd = ::accept4(from->native_handle(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      take(fd);
      co_await asio::post(io, asio::use_awaitable);  // others have their turn, too
      if (!from->is_open()) co_return;
      continue;
    }
    if (errno == EINTR || errno == ECONNABORTED) continue;
    if (errno != EAGAIN && errno != EWOULDBLOCK) {
      pause.expires_after(breather);
      [[maybe_unused]] const auto [why] = co_await pause.async_wait(as_value);
    } else {
      const auto [error] = co_await from->async_wait(asio::posix::stream_descriptor::wait_read, as_value);
      if (error) co_return;
    }
    if (!from->is_open()) co_return;
  }
}

/// Of a socket that is closed then, which would reset them.
void endpoint::parts::accept_last(int from) {
  for (std::size_t i = 0; i < most_sessions; ++i) {
    const int fd = ::accept4(from, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      take(fd);
    } else if (errno != EINTR && errno != ECONNABORTED) {
      return;
    }
  }
}

void endpoint::parts::take(int fd) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // a unix socket has none, and needs none
  if (!make_room()) {
    ::close(fd);
    return;
  }
  try {
    sessions.emplace_front(here, fd);
  } catch (const std::exception& problem) {
    log::error("a connection to the admin endpoint cannot be served: {}", problem.what());
    ::close(fd);
    return;
  }
  asio::co_spawn(io, sessions.front().run(), [this, at = sessions.begin()](std::exception_ptr error) {
    if (error) log::error("a connection to the admin endpoint ended in an error of opslb's own");
    sessions.erase(at);
  });
}

/// Of too many the one goes for which opslb waits longest: clients that do what they came for stay for an instant. False if
/// opslb waits for none.
bool endpoint::parts::make_room() {
  if (sessions.size() < most_sessions) return true;
  const auto longest = std::min_element(sessions.begin(), sessions.end(), [](const session& a, const session& b) {
    return a.waits_since().value_or(session::time::max()) < b.waits_since().value_or(session::time::max());
  });
  if (!longest->waits_since()) return false;
  longest->cut();
  return true;
}

awaitable<void> endpoint::parts::look_at_sessions() {
  asio::steady_timer clock(io);
  for (;;) {
    clock.expires_after(look_interval);
    [[maybe_unused]] const auto [why] = co_await clock.async_wait(as_value);
    const auto now = std::chrono::steady_clock::now();
    for (session& each : sessions) {
      if (each.waits_since() && each.due() <= now) each.cut();
    }
  }
}

/// Only while somebody could ask for it.
awaitable<void> endpoint::parts::keep_history() {
  asio::steady_timer clock(io);
  for (;;) {
    if (listening) {
      const auto now = co_await ask(here, server.take_report);
      if (now) here.past.add(*now);
    }
    clock.expires_after(history::interval);
    [[maybe_unused]] const auto [why] = co_await clock.async_wait(as_value);
  }
}

}  // namespace opslb::admin
