#include "proxy/reactor.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <cassert>
#include <cerrno>
#include <system_error>
#include <utility>

namespace opslb {
namespace asio = boost::asio;

struct reactor::driver {
  asio::io_context& loop;
  asio::posix::basic_stream_descriptor<asio::io_context::executor_type> descriptor;

  void wait_for_news(reactor& owner) {
    descriptor.async_wait(asio::posix::descriptor_base::wait_read, [this, &owner](boost::system::error_code error) {
      if (error) return;  // the worker is going away
      owner.poll();
      wait_for_news(owner);
    });
  }
};

reactor::reactor(asio::io_context& loop) : epoll_(epoll_create1(EPOLL_CLOEXEC)) {
  if (epoll_ < 0) throw std::system_error(errno, std::generic_category(), "epoll_create1");
  driver_ = std::make_unique<driver>(driver{loop, {loop.get_executor(), epoll_}});
  driver_->wait_for_news(*this);
}

reactor::~reactor() = default;

bool reactor::add(watch& socket) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.ptr = &socket;
  return epoll_ctl(epoll_, EPOLL_CTL_ADD, socket.fd, &event) == 0;
}

void reactor::remove(watch& socket) {
  assert(socket.reader == nullptr && socket.writer == nullptr);
  epoll_ctl(epoll_, EPOLL_CTL_DEL, socket.fd, nullptr);
  // Its events may be among those that were fetched already and are still to be handed out.
  for (int i = current_; i < count_; ++i) {
    if (events_[static_cast<std::size_t>(i)].data.ptr == &socket)
      events_[static_cast<std::size_t>(i)].data.ptr = nullptr;
  }
}

void reactor::defer(std::coroutine_handle<> who) {
  deferred_.push_back(who);
  if (posted_) return;
  posted_ = true;
  asio::post(driver_->loop, [this] {
    posted_ = false;
    if (batch_ != nullptr) batch_(batch_who_);
    run_deferred();
  });
}

void reactor::post(std::coroutine_handle<> who) {
  asio::post(driver_->loop, [this, who] {
    if (batch_ != nullptr) batch_(batch_who_);
    who.resume();
  });
}

void reactor::run_deferred() {
  std::swap(deferred_, running_);
  for (const auto who : running_) who.resume();
  running_.clear();
}

void reactor::poll() {
  // A few rounds before going back to the io_context: under load each round finds a new batch, and the way through the
  // io_context costs two more system calls.
  for (int round = 0; round < 8; ++round) {
    const int count = epoll_wait(epoll_, events_.data(), static_cast<int>(events_.size()), 0);
    if (count <= 0) return;
    // From here on a watch may go away, also by a deadline that the new time runs out.
    current_ = 0;
    count_ = count;
    if (batch_ != nullptr) batch_(batch_who_);
    dispatch();
  }
}

void reactor::dispatch() {
  for (; current_ < count_; ++current_) {
    const epoll_event& event = events_[static_cast<std::size_t>(current_)];
    if (event.data.ptr == nullptr) continue;
    watch& socket = *static_cast<watch*>(event.data.ptr);
    if (event.events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) socket.readable = true;
    if (event.events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) socket.writable = true;
    if (event.events & EPOLLRDHUP) socket.peer_closed = true;
    if (event.events & (EPOLLHUP | EPOLLERR)) socket.broken = true;
    wake(current_, socket);
  }
  current_ = count_ = 0;
}

void reactor::wake(int index, watch& socket) {
  // Whatever is resumed may remove the watch, which clears the event's pointer.
  const auto gone = [&] { return events_[static_cast<std::size_t>(index)].data.ptr == nullptr; };
  const auto serve = [](waiting_operation*& slot) {
    waiting_operation* operation = slot;
    if (!operation->attempt(*operation)) return;
    slot = nullptr;
    operation->who.resume();
  };
  if (socket.reader != nullptr && socket.readable) serve(socket.reader);
  if (!gone() && socket.writer != nullptr && socket.writable) serve(socket.writer);
  if (!gone() && socket.notify != nullptr && (socket.broken || (socket.notify_readable && socket.readable))) {
    socket.notify(socket.notify_who);
  }
}

}  // namespace opslb
