#include "proxy/splice.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "proxy/turn.hpp"

namespace opslb {
namespace {

/// What is shorter than this is hardly dearer to copy, and is often here in one piece.
constexpr std::uint64_t least = 64 * 1024;

/// What one splice(2) is asked for: a pipe never takes more.
constexpr std::uint64_t most_at_once = 1 << 20;

/// Has the kernel tell of a connection's bytes only once a pipe can be filled with them (SO_RCVLOWAT, socket(7)), for a body so
/// long that it pays. A sender that keeps us waiting for that many (it is slow, or may have no more under way) holds a body up
/// once: from then on every byte is told. A body of unknown length may be a conversation, whose last word is not held back.
class gathering {
 public:
  gathering(deadline_wheel& wheel, transport& from, std::uint64_t size)
      : from_(from),
        patience_(
            wheel, [](void* self) { static_cast<gathering*>(self)->give_up(); }, this),
        pays_(size >= long_body && size != unread_bytes::up_to_the_end) {}
  ~gathering() { tell_from(1); }
  gathering(const gathering&) = delete;
  gathering& operator=(const gathering&) = delete;

  /// Before waiting for some of the `left` bytes.
  void begin_wait(std::uint64_t left) {
    if (!pays_) return;
    if (left < pipeful) return give_up();
    tell_from(pipeful);
    patience_.expire_after(std::chrono::milliseconds(0));
  }
  void end_wait() { patience_.disarm(); }

 private:
  static constexpr std::uint64_t long_body = 1 << 20;
  static constexpr int pipeful = 256 * 1024;

  void give_up() {
    pays_ = false;
    tell_from(1);  // the kernel looks at once whether that many are there
  }
  void tell_from(int bytes) {
    if (bytes != told_from_) ::setsockopt(from_.fd(), SOL_SOCKET, SO_RCVLOWAT, &bytes, sizeof bytes);
    told_from_ = bytes;
  }

  transport& from_;
  deadline patience_;
  bool pays_;
  int told_from_ = 1;
};

}  // namespace

bool can_splice(body_source& from, body_sink& to) {
  return from.unread().size > least && to.plain_connection() != nullptr;
}

task<carried> splice(loop_parts at, pipe_pool& pipes, body_source& from, body_sink& to, std::uint64_t& count,
                     bool& waits) {
  pipe through(pipes);
  if (!through.open()) co_return carried{};  // who copies is not to wait for bytes to gather, piece by piece
  transport& out = *to.plain_connection();
  turn mine;
  unread_bytes rest = from.unread();
  transport& in = *rest.in;
  gathering pieces(at.wheel, in, rest.size);
  for (; rest.size != 0; rest = from.unread()) {
    waits = true;
    pieces.begin_wait(rest.size);
    const io_error got = co_await in.splice_into(through, std::min(rest.size, most_at_once));
    pieces.end_wait();
    waits = false;
    if (got == io_error::end_of_stream) co_return carried{};
    if (got != io_error::none) co_return carried{to_body_error(got), io_error::none};
    if (through.empty()) co_return carried{};

    const std::size_t size = through.size();
    from.took_unread(size);
    const io_error put = co_await out.splice_from(through);
    count += size - through.size();
    if (put != io_error::none) co_return carried{body_error::none, put};
    if (!mine.is_over(turn::operation + size)) continue;
    through.release_if_empty();  // the others need no pipe of their own then
    co_await at.io.yield();
  }
  co_return carried{};
}

// The two operations of a connection that it takes.

bool transport::try_splice_in(pipe& into, std::size_t most, io_error& result) {
  result = io_error::none;
  while (watch_.readable) {
    if (!into.open()) return true;
    const ssize_t got = into.fill(watch_.fd, most);
    if (got > 0) {
      moved(bytes_read_, static_cast<std::size_t>(got));
      return true;
    }
    if (got == 0) {
      result = io_error::end_of_stream;
      return true;
    }
    switch (errno) {
      case EINTR: continue;
      // The pipe is empty, so it is the socket that has nothing. How much came before tells nothing: a pipe is full when its
      // slots are, however short the pieces in them.
      case EAGAIN: watch_.readable = false; continue;
      case EINVAL:
      case ENOMEM: return true;
      default: result = io_error::reset; return true;
    }
  }
  into.release_if_empty();  // whoever waits holds no descriptors meanwhile
  return false;
}

bool transport::try_splice_out(pipe& from, io_error& result) {
  result = io_error::none;
  while (watch_.writable && !from.empty()) {
    const ssize_t put = from.drain(watch_.fd);
    if (put > 0) {
      moved(bytes_written_, static_cast<std::size_t>(put));
      // epoll(7): a short write has filled the socket, and room makes a new edge.
      if (!from.empty()) watch_.writable = false;
    } else if (put < 0 && errno == EAGAIN) {
      watch_.writable = false;
    } else if (put == 0 || errno != EINTR) {
      result = io_error::reset;
      return true;
    }
  }
  return from.empty();
}

}  // namespace opslb
