// A pipe through which splice(2) carries bytes from one socket to another without copying them. It is used like a buffer: it
// takes its two descriptors from the worker's pool when it is to be filled and gives them back when it is empty, so that an
// exchange that waits for bytes holds none. Bytes on their way keep it. One thread.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <vector>

#include "proxy/deadline.hpp"

namespace opslb {

/// Both ends of a pipe in the kernel.
struct pipe_ends {
  int out = -1;  ///< to read from
  int in = -1;   ///< to write to
  bool is_open() const { return in >= 0; }
};

/// The pipes of a worker, bounded in number. Those that nobody used for a while are closed. Must outlive every pipe.
class pipe_pool {
 public:
  /// In use and at rest. Who gets none copies.
  static constexpr std::size_t most = 256;

  explicit pipe_pool(deadline_wheel& wheel);
  ~pipe_pool();
  pipe_pool(const pipe_pool&) = delete;
  pipe_pool& operator=(const pipe_pool&) = delete;

  /// Not open if there are enough already, or the kernel gives no more.
  pipe_ends take();
  /// `empty` false: bytes are left in it, so it is closed.
  void give_back(pipe_ends ends, bool empty);

  std::size_t count() const { return count_; }

 private:
  void close_unused();

  std::vector<pipe_ends> free_;
  std::size_t count_ = 0;
  std::size_t unused_ = 0;  ///< the least that `free_` held since it was last looked at
  deadline next_look_;
};

class pipe {
 public:
  explicit pipe(pipe_pool& pool) : pool_(pool) {}
  ~pipe() { release(); }
  pipe(const pipe&) = delete;
  pipe& operator=(const pipe&) = delete;

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  /// False: there is no pipe to be had.
  bool open();
  /// One splice(2) of at most `most` bytes from `socket` into the empty, open pipe: what that call gives, with errno.
  ssize_t fill(int socket, std::size_t most);
  /// One splice(2) of all that is in it to `socket`.
  ssize_t drain(int socket);
  void release_if_empty() {
    if (empty()) release();
  }

 private:
  void release();

  pipe_pool& pool_;
  pipe_ends ends_;
  std::size_t size_ = 0;
};

}  // namespace opslb
