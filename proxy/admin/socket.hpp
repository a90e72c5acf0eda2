// The admin endpoint's listening socket, TCP or unix, apart from who serves it: a reload binds the new one before the old
// one is given up, and a takeover hands its descriptor over. Main thread.
#pragma once

#include <sys/types.h>

#include "proxy/config.hpp"

namespace opslb::admin {

class listening_socket {
 public:
  listening_socket() = default;
  /// Binds and listens. A unix socket's file that nobody listens on is replaced. Throws std::runtime_error with a sentence
  /// for the operator.
  /// `before` is the one that it is to take the place of: it may have the same port on another address.
  listening_socket(const admin_bind& bind, const listening_socket& before);
  /// One that another process has bound to `bind`. Its file stays that process's until own_file() is called.
  listening_socket(const admin_bind& bind, int fd);
  /// Closes it, and removes its file if it is still this socket's.
  ~listening_socket();
  listening_socket(listening_socket&& other) noexcept;
  listening_socket& operator=(listening_socket&& other) noexcept;

  bool is_open() const { return fd_ >= 0; }
  int fd() const { return fd_; }
  /// Where it is bound, with the port that the kernel chose for port 0.
  const admin_bind& bound() const { return bound_; }
  void own_file();
  /// Another process has it, too: its file stays when this one ends.
  void leave_file() { has_file_ = false; }

 private:
  void take_down_file();

  int fd_ = -1;
  admin_bind bound_;
  bool has_file_ = false;
  dev_t device_ = 0;  ///< with `inode_`, which file it is
  ino_t inode_ = 0;
};

}  // namespace opslb::admin
