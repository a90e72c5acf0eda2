#include "proxy/reactor.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <utility>

namespace opslb {
namespace {

constexpr std::uint32_t incoming = EPOLLIN | EPOLLRDHUP | EPOLLET;

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

}  // namespace

reactor::reactor() : epoll_(epoll_create1(EPOLL_CLOEXEC)) {
  if (epoll_ < 0) fail("epoll_create1");
  news_.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (news_.fd < 0) fail("eventfd");
  news_.notify = [](void* self) { static_cast<reactor*>(self)->run_posted(); };
  news_.notify_who = this;
  news_.notify_readable = true;
  if (!add(news_)) fail("epoll_ctl");
}

reactor::~reactor() {
  ::close(news_.fd);
  ::close(epoll_);
}

// The set. An event carries the descriptor and the number of its watch, not a pointer: a descriptor that another process
// has inherited stays in the kernel's set although it is closed here, and events of a batch may be overtaken by the end of
// their watch.

bool reactor::control(int what, watch& socket, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = std::uint64_t{socket.number} << 32 | static_cast<std::uint32_t>(socket.fd);
  return epoll_ctl(epoll_, what, socket.fd, &event) == 0;
}

bool reactor::add(watch& socket) {
  const auto at = static_cast<std::size_t>(socket.fd);
  if (at >= watches_.size()) watches_.resize(std::max(at + 1, watches_.size() * 2));
  watches_[at] = &socket;
  socket.number = ++last_number_;
  socket.hears_writable = !socket.writable;
  return control(EPOLL_CTL_ADD, socket, socket.hears_writable ? incoming | EPOLLOUT : incoming);
}

void reactor::remove(watch& socket) {
  assert(socket.reader == nullptr && socket.writer == nullptr);
  watches_[static_cast<std::size_t>(socket.fd)] = nullptr;
}

/// The kernel looks at the socket anew: what became writable meanwhile is told of, too.
void reactor::ask_for_writable(watch& socket) {
  socket.hears_writable = control(EPOLL_CTL_MOD, socket, incoming | EPOLLOUT);
}

bool reactor::add_listening(watch& socket) {
  const bool added = add(socket);
  if (added) tell_listening(socket, true);
  return added;
}

void reactor::tell_listening(watch& socket, bool is_told) {
  control(EPOLL_CTL_MOD, socket, is_told ? std::uint32_t{EPOLLIN} : 0);
}

void reactor::remove_listening(watch& socket) {
  epoll_ctl(epoll_, EPOLL_CTL_DEL, socket.fd, nullptr);
  remove(socket);
}

watch* reactor::find(const epoll_event& event) const {
  watch* const found = watches_[static_cast<std::uint32_t>(event.data.u64)];
  return found != nullptr && found->number == event.data.u64 >> 32 ? found : nullptr;
}

// Turns.

void reactor::turn(std::chrono::milliseconds most) {
  const int wait = deferred_.empty() ? static_cast<int>(most.count()) : 0;
  const int count = epoll_wait(epoll_, events_.data(), static_cast<int>(events_.size()), wait);
  ++turns_;
  if (batch_ != nullptr) batch_(batch_who_);
  for (int i = 0; i < count; ++i) hand_out(events_[static_cast<std::size_t>(i)]);
  run_deferred();
}

void reactor::hand_out(const epoll_event& event) {
  watch* const socket = find(event);
  if (socket == nullptr) return;
  if (event.events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) socket->readable = true;
  if (event.events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) socket->writable = true;
  if (event.events & EPOLLRDHUP) socket->peer_closed = true;
  if (event.events & (EPOLLHUP | EPOLLERR)) socket->broken = true;
  wake(event, *socket);
}

void reactor::wake(const epoll_event& event, watch& socket) {
  // Whoever is resumed may remove the watch.
  const auto gone = [&] { return find(event) == nullptr; };
  const auto serve = [](waiting_operation*& slot) {
    waiting_operation* operation = slot;
    if (!operation->attempt(*operation)) return;
    slot = nullptr;
    operation->who.resume();
  };
  if (socket.reader != nullptr && socket.readable) {
    serve(socket.reader);
    if (gone()) return;
  }
  if (socket.writer != nullptr && socket.writable) {
    serve(socket.writer);
    if (gone()) return;
  }
  if (socket.notify != nullptr && (socket.broken || (socket.notify_readable && socket.readable))) {
    socket.notify(socket.notify_who);
  }
}

void reactor::run_deferred() {
  std::swap(deferred_, running_);
  for (const auto who : running_) who.resume();
  running_.clear();
}

// Other threads.

void reactor::post(std::function<void()> work) {
  const std::lock_guard lock(posting_);
  posted_.push_back(std::move(work));
  // Each write makes a new edge, so nobody has to read the count away.
  const std::uint64_t one = 1;
  if (posted_.size() == 1 && ::write(news_.fd, &one, sizeof one) != sizeof one) std::abort();  // cannot be full
}

void reactor::run_posted() {
  std::vector<std::function<void()>> all;
  {
    const std::lock_guard lock(posting_);
    std::swap(all, posted_);
  }
  for (const auto& work : all) work();
}

}  // namespace opslb
