#include "proxy/worker.hpp"

#include <fmt/format.h>
#include <pthread.h>

#include <algorithm>
#include <list>
#include <thread>

#include "headers/path_class.hpp"
#include "proxy/listener.hpp"

namespace opslb {
using std::chrono::steady_clock;

namespace {

constexpr auto tick = std::chrono::milliseconds(100);

/// A method is the client's to invent.
constexpr std::size_t longest_method = 16;

exchange_there describe(const in_flight& what) {
  exchange_there result{"tcp", {}, what.began(), what.bytes_in(), what.bytes_out()};
  const std::string_view head = what.head();
  if (head.empty()) return result;
  const auto method_end = std::min(head.find(' '), head.size());
  const std::string_view rest = head.substr(std::min(method_end + 1, head.size()));
  result.method = head.substr(0, std::min(method_end, longest_method));
  result.path_class = headers::path_class(rest.substr(0, rest.find(' ')));
  return result;
}

void close_if_idle(client_connection& which) {
  // A request may have arrived that was not read yet: its connection is not idle any more.
  if (which.idle && which.stream.is_quiet()) which.stream.interrupt(io_error::interrupted);
}

}  // namespace

struct worker::parts {
  parts(shared_parts& common, std::size_t number)
      : wheel(tick, steady_clock::now()),
        at({io, wheel, buffers}, common, number) {
    io.on_batch([](void* self) { static_cast<parts*>(self)->take_time(); }, this);
  }

  void take_time() { wheel.advance(steady_clock::now()); }

  /// The thread: turns the loop, and with each tick at least moves the wheel and hands over access lines.
  void run() {
    steady_clock::time_point next_tick = wheel.now() + tick;
    while (!stopped) {
      io.turn(
          std::chrono::ceil<std::chrono::milliseconds>(std::max(next_tick - wheel.now(), steady_clock::duration())));
      if (wheel.now() < next_tick) continue;
      at.look_at_wall_clock();
      hand_over_lines(at);
      if (++ticks % 8 == 0) look_around();
      next_tick = wheel.now() + tick;
    }
  }

  /// Once a second or so: what would cost something with each request.
  void look_around() {
    for (in_flight& each : at.under_way) each.count_bytes(at.counts);
    for (const upstream::backend_slot& each : at.current->backends) count_resting(*each.shared);
  }

  /// Also those that are one client's alone.
  void drop_resting(const upstream::backend& to) {
    at.pool.drop_all(to);
    for (client_connection& each : connections) each.own_pool.drop_all(to);
  }

  void count_resting(const upstream::backend& to) {
    std::size_t found = at.pool.count_to(to);
    if (at.current->settings.send_proxy_protocol != proxy_protocol_version::off) {
      for (const client_connection& each : connections) found += each.own_pool.count_to(to);
    }
    to.counts.of(at.number).resting.set(found);
  }

  // In this order: whoever uses something comes after it.
  reactor io;
  deadline_wheel wheel;
  buffer_pool buffers;
  lane at;
  connection_list connections;
  std::list<listener> listeners;
  bool stopped = false;
  unsigned ticks = 0;
  std::thread thread;
};

worker::worker(shared_parts& common, std::size_t number) : parts_(std::make_unique<parts>(common, number)) {}
worker::~worker() = default;

void worker::start(std::shared_ptr<const generation> first) {
  parts& me = *parts_;
  me.at.current = generation_ref(new local_generation(std::move(first)));
  me.thread = std::thread([&me] { me.run(); });
  ::pthread_setname_np(me.thread.native_handle(), fmt::format("worker-{}", me.at.number).c_str());
}

void worker::stop() {
  parts& me = *parts_;
  if (!me.thread.joinable()) return;
  me.io.post([&me] {
    hand_over_lines(me.at);
    me.stopped = true;
  });
  me.thread.join();
}

void worker::use(std::shared_ptr<const generation> next, std::function<void()> done) {
  parts_->io.post([&me = *parts_, next = std::move(next), done = std::move(done)]() mutable {
    // What rests was made on the terms of before: for another CA, with another certificate of ours, or without TLS.
    if (next->backend_tls != me.at.current->backend_tls) {
      for (const upstream::backend_slot& each : me.at.current->backends) me.drop_resting(*each.shared);
    }
    me.at.current = generation_ref(new local_generation(std::move(next)));
    done();
  });
}

void worker::open(std::vector<opened_listener> sockets) {
  parts_->io.post([&me = *parts_, sockets = std::move(sockets)] {
    for (const opened_listener& each : sockets) {
      me.listeners.emplace_back(me.at, each.info, each.fd, me.connections);
    }
  });
}

void worker::change(std::shared_ptr<const listener_info> from, std::shared_ptr<const listener_info> to) {
  parts_->io.post([&me = *parts_, from = std::move(from), to = std::move(to)] {
    for (listener& each : me.listeners) {
      if (each.info() == from) each.use(to);
    }
  });
}

void worker::drop_gone_listeners() {
  parts_->io.post([&me = *parts_] {
    me.listeners.remove_if([](const listener& each) { return each.info()->is_gone(); });
    for (client_connection& each : me.connections) {
      if (!each.listener->is_gone()) continue;
      each.end_comes();
      close_if_idle(each);
    }
  });
}

void worker::leave(std::shared_ptr<const upstream::backend> which, std::function<void()> done) {
  parts_->io.post([&me = *parts_, which = std::move(which), done = std::move(done)] {
    me.drop_resting(*which);
    done();
  });
}

void worker::list_in_flight(std::shared_ptr<const upstream::backend> which,
                            std::function<void(std::vector<exchange_there>)> done) {
  parts_->io.post([&me = *parts_, which = std::move(which), done = std::move(done)] {
    std::vector<exchange_there> found;
    for (in_flight& each : me.at.under_way) {  // in the order in which they began
      if (found.size() == most_listed) break;
      if (!each.is_at(which->counts.of(me.at.number))) continue;
      each.count_bytes(me.at.counts);
      found.push_back(describe(each));
    }
    done(std::move(found));
  });
}

void worker::find_recent(
    std::string id,
    std::function<void(std::vector<recent_request>, std::optional<std::chrono::system_clock::time_point>)> done) {
  parts_->io.post([&me = *parts_, id = std::move(id), done = std::move(done)] {
    std::vector<recent_request> found;
    me.at.recent.find(id, found);
    done(std::move(found), me.at.recent.reaches_back());
  });
}

void worker::stop_listening() {
  parts_->io.post([&me = *parts_] { me.listeners.clear(); });
}

void worker::announce_end() {
  parts_->io.post([&me = *parts_] {
    for (const client_connection& each : me.connections) each.end_comes();
  });
}

void worker::close_idle() {
  parts_->io.post([&me = *parts_] {
    for (client_connection& each : me.connections) close_if_idle(each);
  });
}

void worker::cut_all() {
  parts_->io.post([&me = *parts_] {
    for (client_connection& each : me.connections) each.stream.break_off();
  });
}

void worker::answer(std::function<void()> here) { parts_->io.post(std::move(here)); }

const counters& worker::counts() const { return parts_->at.counts; }

}  // namespace opslb
