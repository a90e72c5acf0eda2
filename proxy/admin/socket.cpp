#include "proxy/admin/socket.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "proxy/socket_address.hpp"

namespace opslb::admin {
namespace {

constexpr int backlog = 64;
constexpr mode_t owner_and_group = 0660;

[[noreturn]] void fail(const admin_bind& bind, std::string_view why) {
  throw std::runtime_error(fmt::format("the admin endpoint cannot listen on {}: {}", bind.to_string(), why));
}

[[noreturn]] void fail(const admin_bind& bind) {
  const std::error_code error(errno, std::generic_category());
  const bool is_taken = error == std::errc::address_in_use;
  fail(bind, is_taken ? R"(the address is in use; choose another "admin.bind")" : error.message());
}

int open_socket(const admin_bind& bind, int family) {
  const int fd = ::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) fail(bind);
  return fd;
}

sockaddr_un unix_address(const admin_bind& bind) {
  sockaddr_un out{};
  out.sun_family = AF_UNIX;
  if (bind.path.size() >= sizeof out.sun_path) fail(bind, "the path is too long");
  std::copy(bind.path.begin(), bind.path.end(), out.sun_path);
  return out;
}

const sockaddr* any(const sockaddr_un& address) { return reinterpret_cast<const sockaddr*>(&address); }

/// A socket's file outlives a process that was killed. Nobody answers there then.
void remove_stale_file(const admin_bind& bind, const sockaddr_un& address) {
  struct stat about{};
  if (::lstat(bind.path.c_str(), &about) != 0) return;
  if (!S_ISSOCK(about.st_mode)) fail(bind, "there is a file of that name that is no socket");
  const int fd = open_socket(bind, AF_UNIX);
  const bool is_refused = ::connect(fd, any(address), sizeof address) != 0 && errno == ECONNREFUSED;
  ::close(fd);
  if (!is_refused) fail(bind, "another process listens there");
  if (::unlink(bind.path.c_str()) != 0 && errno != ENOENT) fail(bind);
}

void bind_unix(const admin_bind& bind, int fd) {
  const sockaddr_un address = unix_address(bind);
  remove_stale_file(bind, address);
  // The file gets the socket's mode, less the umask: at no moment may others connect.
  ::fchmod(fd, owner_and_group);
  if (::bind(fd, any(address), sizeof address) != 0) fail(bind);
  if (::chmod(bind.path.c_str(), owner_and_group) != 0) fail(bind);
}

/// For as long as both are there: 127.0.0.1:9080 is to become 0.0.0.0:9080 without a moment of none.
void share_port(int fd, bool shares) {
  const int value = shares ? 1 : 0;
  if (fd >= 0) ::setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &value, sizeof value);
}

void bind_tcp(const admin_bind& bind, int fd) {
  const socket_address address(bind.tcp);
  const int on = 1;
  const int off = 0;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (address.family() == AF_INET6) ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  if (::bind(fd, address.get(), address.size()) != 0) fail(bind);
}

bool has_port_of(const listening_socket& before, const admin_bind& bind) {
  const admin_bind& other = before.bound();
  return before.is_open() && bind.what == admin_bind::kind::tcp && other.what == admin_bind::kind::tcp &&
         bind.tcp.port == other.tcp.port;
}

int bound_socket(const admin_bind& bind, const listening_socket& before) {
  const bool is_unix = bind.what == admin_bind::kind::unix_socket;
  const int fd = open_socket(bind, is_unix ? AF_UNIX : socket_address(bind.tcp).family());
  const int other = has_port_of(before, bind) ? before.fd() : -1;
  if (other >= 0) share_port(fd, true);
  share_port(other, true);
  try {
    is_unix ? bind_unix(bind, fd) : bind_tcp(bind, fd);
    if (::listen(fd, backlog) != 0) fail(bind);
  } catch (...) {
    share_port(other, false);
    ::close(fd);
    throw;
  }
  if (other >= 0) share_port(fd, false);
  share_port(other, false);
  return fd;
}

}  // namespace

listening_socket::listening_socket(const admin_bind& bind, const listening_socket& before)
    : listening_socket(bind, bound_socket(bind, before)) {
  own_file();
}

listening_socket::listening_socket(const admin_bind& bind, int fd) : fd_(fd), bound_(bind) {
  if (bind.what != admin_bind::kind::tcp) return;
  socket_address address;
  socklen_t size = socket_address::capacity();
  if (::getsockname(fd, address.get(), &size) == 0) bound_.tcp = address.to_endpoint();
}

void listening_socket::own_file() {
  if (bound_.what != admin_bind::kind::unix_socket) return;
  struct stat about{};
  has_file_ = ::lstat(bound_.path.c_str(), &about) == 0;
  device_ = about.st_dev;
  inode_ = about.st_ino;
}

listening_socket::~listening_socket() {
  take_down_file();
  if (fd_ >= 0) ::close(fd_);
}

listening_socket::listening_socket(listening_socket&& other) noexcept { *this = std::move(other); }

listening_socket& listening_socket::operator=(listening_socket&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(bound_, other.bound_);
  std::swap(has_file_, other.has_file_);
  std::swap(device_, other.device_);
  std::swap(inode_, other.inode_);
  return *this;
}

void listening_socket::take_down_file() {
  struct stat about{};
  if (!has_file_ || ::lstat(bound_.path.c_str(), &about) != 0) return;
  if (about.st_dev == device_ && about.st_ino == inode_) ::unlink(bound_.path.c_str());
}

}  // namespace opslb::admin
