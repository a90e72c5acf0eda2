#include "tests/support/simulator/service.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <thread>

#include "tests/support/simulator/connection.hpp"

namespace opslb::simulator {
namespace {

// Several sockets may then be bound to the port at once; only one of them ever listens.
using share_port = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

template <typename Socket>
void bind_to(Socket& socket, const tcp::endpoint& where) {
  socket.open(where.protocol());
  socket.set_option(asio::socket_base::reuse_address{true});
  socket.set_option(share_port{true});
  socket.bind(where);
}

void reset_connections(worker& here) {
  for (auto* each : here.connections) each->client().reset();
}

void close_idle_connections(worker& here) {
  for (auto* each : here.connections) {
    if (each->idle()) each->client().socket().close();
  }
}

std::vector<std::unique_ptr<worker>> make_workers(const settings& wanted) {
  std::vector<std::unique_ptr<worker>> workers;
  for (unsigned i = 0; i < wanted.threads; ++i) workers.push_back(std::make_unique<worker>(wanted.idle_timeout));
  return workers;
}

}  // namespace

service::service(settings wanted)
    : host_(std::move(wanted)),
      workers_(make_workers(host_.wanted())),
      front_(*workers_.front()),
      reserved_(front_.context),
      control_door_(std::make_shared<tcp_acceptor>(front_.context)) {
  const auto address = asio::ip::make_address(host_.wanted().bind);
  bind_to(reserved_, {address, host_.wanted().port});
  port_ = reserved_.local_endpoint().port();
  bind_to(*control_door_, {address, host_.wanted().control_port});
  control_port_ = control_door_->local_endpoint().port();
  control_door_->listen();
  update_door();
}

void service::run() {
  asio::co_spawn(front_.context, accept(control_door_, true), asio::detached);
  for (auto& each : workers_) asio::co_spawn(each->context, each->idle.run(), asio::detached);

  std::vector<std::jthread> threads;
  for (auto& each : workers_) {
    if (each.get() == &front_) continue;
    threads.emplace_back([context = &each->context] {
      const auto work = asio::make_work_guard(*context);
      context->run();
    });
  }
  front_.context.run();
}

void service::stop() {
  for (auto& each : workers_) each->context.stop();
}

awaitable<void> service::accept(std::shared_ptr<tcp_acceptor> door, bool control) {
  constexpr milliseconds until_files_are_free{10};
  timer alarm(front_.context);
  while (true) {
    auto& chosen = control ? front_ : *workers_[next_worker_++ % workers_.size()];
    auto [ec, socket] = co_await door->async_accept(chosen.context);
    if (!door->is_open()) {
      if (!ec) socket.set_option(asio::socket_base::linger{true, 0}, ec);  // it came too late, and gets a RST
      co_return;
    }
    if (ec) {
      alarm.expires_after(until_files_are_free);
      co_await alarm.async_wait();
      continue;
    }
    asio::co_spawn(chosen.context, serve_connection(tcp_socket(std::move(socket)), chosen, *this, control),
                   asio::detached);
  }
}

void service::in_every_worker(void (*act)(worker&)) {
  for (auto& each : workers_) asio::dispatch(each->context, [act, here = each.get()] { act(*here); });
}

void service::update_door() {
  const bool shut = refusing_ || upgrading_;
  if (shut && door_) {
    error_code ignored;  // a listening socket that cannot be closed does not exist
    door_->close(ignored);
    door_.reset();
  } else if (!shut && !door_) {
    door_ = std::make_shared<tcp_acceptor>(front_.context);
    bind_to(*door_, reserved_.local_endpoint());
    door_->listen();
    asio::co_spawn(front_.context, accept(door_, false), asio::detached);
  }
}

void service::refuse(bool refusing) {
  asio::dispatch(front_.context, [this, refusing] {
    refusing_ = refusing;
    update_door();
    if (refusing) in_every_worker(reset_connections);
  });
}

void service::upgrade(milliseconds grace, milliseconds away, std::string version) {
  asio::dispatch(front_.context, [this, grace, away, version = std::move(version)]() mutable {
    if (std::exchange(upgrading_, true)) return;
    host_.leaving = true;
    update_door();
    asio::co_spawn(front_.context, go_through_upgrade(grace, away, std::move(version)), asio::detached);
  });
}

awaitable<void> service::go_through_upgrade(milliseconds grace, milliseconds away, std::string version) {
  constexpr milliseconds look_again{10};
  timer alarm(front_.context);
  const auto end = std::chrono::steady_clock::now() + grace;
  in_every_worker(close_idle_connections);
  while (host_.counted.connections > 0 && std::chrono::steady_clock::now() < end) {
    alarm.expires_after(look_again);
    co_await alarm.async_wait();
  }
  in_every_worker(reset_connections);
  alarm.expires_after(away);
  co_await alarm.async_wait();

  host_.set_version(std::move(version));
  host_.leaving = false;
  upgrading_ = false;
  update_door();
}

}  // namespace opslb::simulator
