#include "scripted_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <system_error>
#include <utility>

namespace opslb::health {

namespace {

constexpr auto unreasonably_long = std::chrono::seconds(60);

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_port = htons(port);
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return where;
}

int checked(int result, const char* call) {
  if (result < 0) throw std::system_error(errno, std::generic_category(), call);
  return result;
}

/// A socket bound to a free port.
int bound(std::uint16_t& port) {
  const int fd = checked(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
  sockaddr_in where = loopback(0);
  socklen_t size = sizeof where;
  checked(::bind(fd, reinterpret_cast<const sockaddr*>(&where), size), "bind");
  checked(::getsockname(fd, reinterpret_cast<sockaddr*>(&where), &size), "getsockname");
  port = ntohs(where.sin_port);
  return fd;
}

}  // namespace

const std::string& scripted_connection::read_request() {
  std::array<char, 4096> piece;
  while (received_.find("\r\n\r\n") == std::string::npos) {
    const auto size = ::recv(fd_, piece.data(), piece.size(), 0);
    if (size <= 0) break;
    received_.append(piece.data(), static_cast<std::size_t>(size));
  }
  return received_;
}

void scripted_connection::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto size = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (size <= 0) return;  // the probe has seen enough
    bytes.remove_prefix(static_cast<std::size_t>(size));
  }
}

void scripted_connection::wait_for_close() {
  std::array<char, 4096> piece;
  while (::recv(fd_, piece.data(), piece.size(), 0) > 0) {
  }
}

void scripted_connection::reset_at_end() {
  const linger at_once{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

scripted_server::scripted_server(script each) : each_(std::move(each)), listener_(bound(port_)) {
  checked(::listen(listener_, 16), "listen");
  thread_ = std::thread([this] { serve(); });
}

scripted_server::~scripted_server() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    // Both wake the thread from whatever it waits in.
    ::shutdown(listener_, SHUT_RDWR);
    if (open_ >= 0) ::shutdown(open_, SHUT_RDWR);
  }
  thread_.join();
  ::close(listener_);
}

void scripted_server::serve() {
  for (std::size_t number = 0;; ++number) {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    {
      const std::lock_guard lock(mutex_);
      if (ending_) {
        ::close(fd);
        return;
      }
      open_ = fd;
      ++accepted_;
    }
    changed_.notify_all();
    scripted_connection connection(fd);
    each_(connection, number);
    const std::lock_guard lock(mutex_);
    open_ = -1;
    ::close(fd);
  }
}

bool scripted_server::wait_for_connections(std::size_t count) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, unreasonably_long, [&] { return accepted_ >= count; });
}

std::size_t scripted_server::connections() {
  const std::lock_guard lock(mutex_);
  return accepted_;
}

std::string answer(unsigned status, std::string_view reason) {
  std::string bytes = "HTTP/1.1 " + std::to_string(status) + ' ';
  return bytes.append(reason).append("\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
}

refusing_port::refusing_port() : fd_(bound(port_)) {}

refusing_port::~refusing_port() { ::close(fd_); }

silent_port::silent_port() : listener_(bound(port_)) {
  checked(::listen(listener_, 0), "listen");
  const sockaddr_in where = loopback(port_);
  for (int i = 0; i < 4; ++i) {
    const int fd = checked(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), "socket");
    fillers_.push_back(fd);
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&where), sizeof where) < 0 && errno != EINPROGRESS) {
      throw std::system_error(errno, std::generic_category(), "connect");
    }
  }
}

silent_port::~silent_port() {
  for (const int fd : fillers_) ::close(fd);
  ::close(listener_);
}

}  // namespace opslb::health
