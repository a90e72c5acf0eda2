#include "proxy/transport.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <utility>

namespace opslb {

transport::transport(reactor& in, int fd, bool connected) : reactor_(in) {
  watch_.fd = fd;
  watch_.readable = watch_.writable = connected;
  if (!reactor_.add(watch_)) interrupted_ = io_error::reset;
}

transport::~transport() {
  reactor_.remove(watch_);
  ::close(watch_.fd);
}

bool transport::try_read(buffer& into, io_error& result) {
  if (!watch_.readable) return false;
  for (;;) {
    const std::span<char> space = into.space();
    assert(!space.empty());
    const ssize_t got = ::recv(watch_.fd, space.data(), space.size(), 0);
    if (got > 0) {
      const auto size = static_cast<std::size_t>(got);
      into.filled(size);
      // A short read has drained the socket: whatever comes later makes a new edge. Not so once a FIN or an error is known,
      // which made its edge already.
      if (size < space.size() && !watch_.peer_closed && !watch_.broken) watch_.readable = false;
      moved(bytes_read_, size);
      result = io_error::none;
      return true;
    }
    if (got < 0 && errno == EINTR) continue;
    into.release_if_empty();
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      watch_.readable = false;
      return false;
    }
    result = got == 0 ? io_error::end_of_stream : io_error::reset;
    return true;
  }
}

transport::write_operation transport::write(std::string_view first, std::string_view second, std::string_view third,
                                            std::string_view fourth) {
  const auto piece = [](std::string_view text) { return iovec{const_cast<char*>(text.data()), text.size()}; };
  return {*this, {piece(first), piece(second), piece(third), piece(fourth)}};
}

bool transport::try_write(std::array<iovec, 4>& pieces, std::size_t& first, io_error& result) {
  for (;;) {
    while (first < pieces.size() && pieces[first].iov_len == 0) ++first;
    if (first == pieces.size()) {
      result = io_error::none;
      return true;
    }
    if (!watch_.writable) return false;
    msghdr message{};
    message.msg_iov = &pieces[first];
    message.msg_iovlen = pieces.size() - first;
    const ssize_t sent = ::sendmsg(watch_.fd, &message, MSG_NOSIGNAL);
    if (sent < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN || errno == EWOULDBLOCK) {
        watch_.writable = false;
        continue;
      }
      result = io_error::reset;
      return true;
    }
    auto left = static_cast<std::size_t>(sent);
    moved(bytes_written_, left);
    for (std::size_t i = first; left > 0; ++i) {
      const std::size_t taken = std::min(left, pieces[i].iov_len);
      pieces[i].iov_base = static_cast<char*>(pieces[i].iov_base) + taken;
      pieces[i].iov_len -= taken;
      left -= taken;
    }
  }
}

bool transport::connect_operation::try_now() {
  if (!of_.watch_.writable) return false;
  socklen_t size = sizeof of_.connect_errno_;
  ::getsockopt(of_.watch_.fd, SOL_SOCKET, SO_ERROR, &of_.connect_errno_, &size);
  result = of_.connect_errno_ == 0 ? io_error::none : io_error::reset;
  return true;
}

void transport::interrupt(io_error why) {
  interrupted_ = why;
  for (waiting_operation** slot : {&watch_.reader, &watch_.writer}) {
    waiting_operation* operation = std::exchange(*slot, nullptr);
    if (operation == nullptr) continue;
    static_cast<io_operation*>(operation)->result = why;
    reactor_.defer(operation->who);
  }
}

void transport::break_off() {
  watch_.broken = true;
  interrupt(io_error::interrupted);
  if (watch_.notify != nullptr) watch_.notify(watch_.notify_who);
}

void transport::watch_for_end(void (*notify)(void*), void* who, bool also_readable) {
  watch_.notify = notify;
  watch_.notify_who = who;
  watch_.notify_readable = also_readable;
}

bool transport::is_quiet() const {
  char byte = 0;
  return ::recv(watch_.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

void transport::close_write() { ::shutdown(watch_.fd, SHUT_WR); }

void transport::reset_on_close() {
  const linger now{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(watch_.fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

}  // namespace opslb
