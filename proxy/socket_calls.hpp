// recv() and sendmsg() for the data path. The C library makes each of them a point where a thread can be cancelled, and spends
// two locked instructions on every call to allow it. Nobody cancels a thread here, so the kernel is asked directly; errno is set
// as ever. Sanitizers see the library's own functions, which they look into.
#pragma once

#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <span>

namespace opslb::socket_calls {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)

inline ssize_t receive(int fd, std::span<char> into) { return ::recv(fd, into.data(), into.size(), 0); }
inline ssize_t send(int fd, const msghdr& message) { return ::sendmsg(fd, &message, MSG_NOSIGNAL); }

#else

inline ssize_t receive(int fd, std::span<char> into) {
  return ::syscall(SYS_recvfrom, fd, into.data(), into.size(), 0, nullptr, nullptr);
}
inline ssize_t send(int fd, const msghdr& message) { return ::syscall(SYS_sendmsg, fd, &message, MSG_NOSIGNAL); }

#endif

}  // namespace opslb::socket_calls
