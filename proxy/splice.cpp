#include "proxy/splice.hpp"

#include <algorithm>
#include <cerrno>

#include "proxy/turn.hpp"

namespace opslb {
namespace {

/// What is shorter than this is hardly dearer to copy, and is often here in one piece.
constexpr std::uint64_t least = 64 * 1024;

/// What one splice(2) is asked for: a pipe never takes more.
constexpr std::uint64_t most_at_once = 1 << 20;

}  // namespace

bool can_splice(body_source& from, body_sink& to) {
  return from.unread().size > least && to.plain_connection() != nullptr;
}

task<carried> splice(reactor& io, pipe_pool& pipes, body_source& from, body_sink& to, std::uint64_t& count,
                     bool& waits) {
  pipe through(pipes);
  transport& out = *to.plain_connection();
  turn mine;
  for (;;) {
    const unread_bytes rest = from.unread();
    if (rest.size == 0) co_return carried{};
    waits = true;
    const io_error got = co_await rest.in->splice_into(through, std::min(rest.size, most_at_once));
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
    co_await io.yield();
  }
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
