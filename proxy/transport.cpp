#include "proxy/transport.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <utility>

#include "proxy/socket_calls.hpp"
#include "proxy/tls/engine.hpp"

namespace opslb {
namespace {

/// Of plain bytes no more is read at once than goes on in whole records of TLS, also behind the heads of HTTP/2's frames.
constexpr std::size_t frame_head = 9;
constexpr std::size_t most_read = tls::engine::record_size - frame_head;
constexpr std::size_t most_read_wide = 4 * most_read;
static_assert(most_read_wide < buffer_pool::wide_size);

std::size_t total_size(std::span<const iovec> pieces) {
  std::size_t size = 0;
  for (const iovec& each : pieces) size += each.iov_len;
  return size;
}

/// Takes `size` bytes off the front, and with them the pieces that they end.
void take(std::span<iovec>& pieces, std::size_t size) {
  while (!pieces.empty() && pieces.front().iov_len <= size) {
    size -= pieces.front().iov_len;
    pieces = pieces.subspan(1);
  }
  if (size == 0) return;
  iovec& front = pieces.front();
  front.iov_base = static_cast<char*>(front.iov_base) + size;
  front.iov_len -= size;
}

/// Nothing is there: whoever waits holds no memory meanwhile.
bool wait_without(buffer& into) {
  into.release_if_empty();
  return false;
}

}  // namespace

transport::transport(reactor& in, int fd, bool connected) : reactor_(in) {
  watch_.fd = fd;
  watch_.readable = watch_.writable = connected;
  if (!reactor_.add(watch_)) interrupted_ = io_error::reset;
}

transport::~transport() {
  reactor_.remove(watch_);
  ::close(watch_.fd);
}

// Plain bytes.

/// One recv. `size` 0 with `result` none never happens; false: nothing is there.
bool transport::try_receive(buffer& into, std::size_t most, std::size_t& size, io_error& result) {
  for (;;) {
    const std::span<char> all = into.space();
    assert(!all.empty());
    const std::span<char> space = all.first(std::min(all.size(), most));
    const ssize_t got = socket_calls::receive(watch_.fd, space);
    if (got > 0) {
      size = static_cast<std::size_t>(got);
      into.filled(size);
      into.widen(size >= most_read);  // more may come at once than fits into a small block
      // A short read has drained the socket: whatever comes later makes a new edge. Not so once a FIN or an error is known,
      // which made its edge already.
      if (size < space.size() && !watch_.peer_closed && !watch_.broken) watch_.readable = false;
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

/// One sendmsg. False: nothing can be sent now.
bool transport::try_send(std::span<iovec> pieces, std::size_t& size, io_error& result) {
  msghdr message{};
  message.msg_iov = pieces.data();
  message.msg_iovlen = pieces.size();
  const std::size_t wanted = total_size(pieces);
  while (watch_.writable) {
    const ssize_t sent = socket_calls::send(watch_.fd, message);
    if (sent >= 0) {
      size = static_cast<std::size_t>(sent);
      // epoll(7): a short write has filled the socket, and room makes a new edge.
      if (size < wanted) watch_.writable = false;
      result = io_error::none;
      return true;
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN && errno != EWOULDBLOCK) {
      result = io_error::reset;
      return true;
    }
    watch_.writable = false;
  }
  return false;
}

bool transport::try_read(buffer& into, io_error& result) {
  if (tls_) return try_read_tls(into, result);
  if (!watch_.readable) return wait_without(into);
  std::size_t size = 0;
  const std::size_t most = into.capacity() >= buffer_pool::wide_size ? most_read_wide : most_read;
  if (!try_receive(into, most, size, result)) return false;
  if (result == io_error::none) moved(bytes_read_, size);
  return true;
}

/// Takes what went out off `left`.
bool transport::try_write(std::span<iovec>& left, io_error& result) {
  if (tls_) return try_write_tls(left, result);
  result = io_error::none;
  while (!left.empty()) {
    std::size_t sent = 0;
    if (!try_send(left, sent, result)) return false;
    if (result != io_error::none) return true;
    moved(bytes_written_, sent);
    take(left, sent);
  }
  return true;
}

bool transport::connect_operation::try_now() {
  if (!of_.watch_.writable) return false;
  socklen_t size = sizeof of_.connect_errno_;
  ::getsockopt(of_.watch_.fd, SOL_SOCKET, SO_ERROR, &of_.connect_errno_, &size);
  result = of_.connect_errno_ == 0 ? io_error::none : io_error::reset;
  return true;
}

// TLS.

void transport::begin_tls(tls::ssl_ptr session, buffer& received) {
  tls_ = std::make_unique<tls::engine>(std::move(session), received.pool());
  tls_->incoming.append(received.ready());
  received.consume(received.ready().size());
  received.release_if_empty();
}

void transport::abandon_tls() { tls_.reset(); }

SSL* transport::tls() const { return tls_ ? tls_->session() : nullptr; }

const tls::failure& transport::tls_failure() const { return tls_->why(); }

/// Receives ciphertext. A FIN is taken for a broken connection: TLS ends with a close_notify, and whoever cuts the
/// connection could otherwise shorten what was said (RFC 8446 6.1).
bool transport::try_fill(io_error& result) {
  if (!watch_.readable) return wait_without(tls_->incoming);
  std::size_t size = 0;
  if (!try_receive(tls_->incoming, buffer_pool::wide_size, size, result)) return false;
  if (result == io_error::end_of_stream) result = io_error::reset;
  return true;
}

/// Sends all the ciphertext there is. The records in it count as written once the first byte is.
bool transport::try_flush(io_error& result) {
  buffer& outgoing = tls_->outgoing;
  result = io_error::none;
  while (!outgoing.empty()) {
    iovec piece{const_cast<char*>(outgoing.ready().data()), outgoing.ready().size()};
    std::size_t sent = 0;
    if (!try_send({&piece, 1}, sent, result)) return false;
    if (result != io_error::none) return true;
    moved(bytes_written_, std::exchange(encrypted_, 0));
    outgoing.consume(sent);
  }
  outgoing.release_if_empty();
  return true;
}

bool transport::try_read_tls(buffer& into, io_error& result) {
  for (;;) {
    tls::progress step = tls::progress::needs_input;
    const std::size_t before = into.ready().size();
    if (tls_->may_have_plaintext()) step = tls_->decrypt(into);
    if (!tls_->outgoing.empty())
      try_flush(result);  // an alert, or a key update: what does not go now goes with the next write
    if (step == tls::progress::needs_input) {
      into.release_if_empty();
      if (!try_fill(result)) return false;
      if (result == io_error::none) continue;
      return true;
    }
    tls_->incoming.release_if_empty();
    switch (step) {
      case tls::progress::done:
        moved(bytes_read_, into.ready().size() - before);
        into.widen(into.ready().size() - before >= tls::engine::record_size);
        result = io_error::none;
        break;
      case tls::progress::ended: result = io_error::end_of_stream; break;
      default: result = io_error::reset;
    }
    into.release_if_empty();
    return true;
  }
}

bool transport::try_write_tls(std::span<iovec>& left, io_error& result) {
  for (;;) {
    if (!try_flush(result)) return false;
    if (result != io_error::none) return true;
    if (left.empty()) return true;
    if (!encrypt_all_that_fits(left)) {
      result = io_error::reset;
      return true;
    }
  }
}

/// Makes records, which go out in one call, as long as there is room for the next one; at least one.
bool transport::encrypt_all_that_fits(std::span<iovec>& left) {
  buffer& outgoing = tls_->outgoing;
  outgoing.widen(total_size(left) > tls::engine::record_size);
  while (!left.empty()) {
    const std::size_t next = std::min(total_size(left), tls::engine::record_size) + tls::engine::most_overhead;
    if (!outgoing.empty() && outgoing.ready().size() + next > outgoing.capacity()) break;
    if (!encrypt(left)) return false;
  }
  return true;
}

/// Makes one record of the front of the pieces; several pieces are gathered first, so that a short message is one record.
bool transport::encrypt(std::span<iovec>& left) {
  constexpr std::size_t most = tls::engine::record_size;
  const std::size_t front = std::min(left.front().iov_len, most);
  if (front == most || left.size() == 1) {
    if (!tls_->encrypt({static_cast<const char*>(left.front().iov_base), front})) return false;
    encrypted_ += front;
    take(left, front);
    return true;
  }
  buffer gathered(tls_->outgoing.pool());
  for (const iovec& each : left) {
    const std::size_t size = std::min(each.iov_len, most - gathered.ready().size());
    gathered.append({static_cast<const char*>(each.iov_base), size});
  }
  const std::size_t size = gathered.ready().size();
  if (!tls_->encrypt(gathered.ready())) return false;
  encrypted_ += size;
  take(left, size);
  return true;
}

class transport::fill_operation : public transport_operation<fill_operation> {
 public:
  explicit fill_operation(transport& of) : transport_operation(of) {}
  bool try_now() { return of_.try_fill(result); }
  waiting_operation*& slot() { return of_.watch_.reader; }
};

class transport::flush_operation : public transport_operation<flush_operation> {
 public:
  explicit flush_operation(transport& of) : transport_operation(of) {}
  bool try_now() { return of_.try_flush(result); }
  waiting_operation*& slot() { return of_.watch_.writer; }
};

task<io_error> transport::handshake() {
  for (;;) {
    const tls::progress step = tls_->handshake();
    const io_error sent = co_await flush_operation(*this);
    if (step == tls::progress::done) co_return sent;
    if (step != tls::progress::needs_input) co_return io_error::reset;
    if (sent != io_error::none) co_return sent;
    tls_->incoming.release_if_empty();
    const io_error filled = co_await fill_operation(*this);
    if (filled != io_error::none) co_return filled;
  }
}

// Its end.

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

bool transport::may_have_bytes() const { return watch_.readable || (tls_ && tls_->may_have_plaintext()); }

bool transport::is_quiet() {
  if (!tls_ || SSL_in_init(tls_->session())) {
    char byte = 0;
    return ::recv(watch_.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
  }
  const bool quiet = takes_in_nothing();
  // What was taken in here makes no more edge for a reader that waits.
  waiting_operation* const waiting = watch_.reader;
  if (!quiet && waiting != nullptr && waiting->attempt(*waiting)) {
    watch_.reader = nullptr;
    reactor_.defer(waiting->who);
  }
  return quiet;
}

/// Takes in all ciphertext that is there. True: there was no data in it, and no end.
bool transport::takes_in_nothing() {
  watch_.readable = true;  // so that the kernel is asked
  for (;;) {
    if (tls_->peek() != tls::progress::needs_input) return false;
    io_error error = io_error::none;
    if (!try_fill(error)) {
      tls_->incoming.release_if_empty();
      return true;
    }
    if (error != io_error::none) return false;
  }
}

void transport::close_write() {
  say_end();
  ::shutdown(watch_.fd, SHUT_WR);
}

void transport::say_end() {
  if (!tls_) return;
  // In one go or not at all: nobody waits here. A peer that has left no room for it reads nothing any more.
  tls_->close_notify();
  io_error ignored = io_error::none;
  try_flush(ignored);
}

void transport::reset_on_close() {
  const linger now{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(watch_.fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

}  // namespace opslb
