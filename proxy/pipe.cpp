#include "proxy/pipe.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>

namespace opslb {
namespace {

/// How long a pipe may lie unused.
constexpr auto rest = std::chrono::seconds(10);

/// In place of the kernel's 64 KiB: fewer calls, and the peers are woken less often. With 256 pipes it is just what an
/// unprivileged user may have (pipe(7), pipe-user-pages-soft).
constexpr int wished_size = 256 * 1024;

void close_ends(const pipe_ends& ends) {
  ::close(ends.in);
  ::close(ends.out);
}

}  // namespace

pipe_pool::pipe_pool(deadline_wheel& wheel)
    : next_look_(wheel, [](void* self) { static_cast<pipe_pool*>(self)->close_unused(); }, this) {}

pipe_pool::~pipe_pool() {
  for (const pipe_ends& each : free_) close_ends(each);
}

pipe_ends pipe_pool::take() {
  if (!free_.empty()) {
    const pipe_ends ends = free_.back();
    free_.pop_back();
    unused_ = std::min(unused_, free_.size());
    return ends;
  }
  int made[2];
  if (count_ == most || ::pipe2(made, O_CLOEXEC | O_NONBLOCK) != 0) return {};
  ::fcntl(made[1], F_SETPIPE_SZ, wished_size);  // an unprivileged user may have too many pages in pipes already
  ++count_;
  return {made[0], made[1]};
}

void pipe_pool::give_back(pipe_ends ends, bool empty) {
  if (!empty) {
    close_ends(ends);
    --count_;
    return;
  }
  free_.push_back(ends);
  if (!next_look_.is_armed()) next_look_.expire_after(rest);
}

void pipe_pool::close_unused() {
  // The last to come is the first to go: those in front have lain longest.
  const auto used = free_.begin() + static_cast<std::ptrdiff_t>(unused_);
  std::for_each(free_.begin(), used, close_ends);
  free_.erase(free_.begin(), used);
  count_ -= unused_;
  unused_ = free_.size();
  if (count_ != 0) next_look_.expire_after(rest);
}

bool pipe::open() {
  if (!ends_.is_open()) ends_ = pool_.take();
  return ends_.is_open();
}

ssize_t pipe::fill(int socket, std::size_t most) {
  assert(ends_.is_open() && empty());
  const ssize_t got = ::splice(socket, nullptr, ends_.in, nullptr, most, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
  if (got > 0) size_ = static_cast<std::size_t>(got);
  return got;
}

ssize_t pipe::drain(int socket) {
  assert(!empty());
  const ssize_t put = ::splice(ends_.out, nullptr, socket, nullptr, size_, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
  if (put > 0) size_ -= static_cast<std::size_t>(put);
  return put;
}

void pipe::release() {
  if (!ends_.is_open()) return;
  pool_.give_back(ends_, empty());
  ends_ = {};
  size_ = 0;
}

}  // namespace opslb
