// What the kernel alone costs: passes bytes on between each client's connection and one of its own to a host, without
// looking at them. One receive and one send for each message each way, as few as a proxy can do; what a proxy costs
// beyond that is its own. For requests and answers that fit into one read, and nothing else.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>
#include <vector>

namespace {

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "kernel-floor: %s: %s\n", what, std::strerror(errno));
  std::exit(1);
}

/// `where` is a port, or ends in one behind a colon.
sockaddr_in loopback(const char* where) {
  const char* const colon = std::strrchr(where, ':');
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(std::atoi(colon != nullptr ? colon + 1 : where)));
  return address;
}

const sockaddr* generic(const sockaddr_in& address) { return reinterpret_cast<const sockaddr*>(&address); }

void switch_on(int fd, int level, int option) {
  const int on = 1;
  if (::setsockopt(fd, level, option, &on, sizeof on) != 0) fail("setsockopt");
}

void allow_many_connections() {
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  if (::setrlimit(RLIMIT_NOFILE, &files) != 0) fail("setrlimit");
}

int listen_on(const char* port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  switch_on(fd, SOL_SOCKET, SO_REUSEADDR);
  const sockaddr_in here = loopback(port);
  if (::bind(fd, generic(here), sizeof here) != 0 || ::listen(fd, SOMAXCONN) != 0) fail("cannot listen");
  return fd;
}

class floor_proxy {
 public:
  floor_proxy(int listener, std::vector<sockaddr_in> hosts) : listener_(listener), hosts_(std::move(hosts)) {
    watch(listener_, EPOLLIN);
  }

  void run() {
    for (;;) {
      const int count = ::epoll_wait(epoll_, events_.data(), static_cast<int>(events_.size()), -1);
      for (int i = 0; i < count; ++i) {
        const int fd = events_[static_cast<std::size_t>(i)].data.fd;
        fd == listener_ ? accept_all() : pass_on(fd);
      }
    }
  }

 private:
  void watch(int fd, std::uint32_t what) {
    epoll_event event{};
    event.events = what;
    event.data.fd = fd;
    if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) fail("epoll_ctl");
  }

  void accept_all() {
    for (int client; (client = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK)) >= 0;) {
      const int host = ::socket(AF_INET, SOCK_STREAM, 0);
      const sockaddr_in& there = hosts_[next_++ % hosts_.size()];
      if (::connect(host, generic(there), sizeof there) != 0) fail("cannot reach a host");
      join(client, host);
      join(host, client);
    }
  }

  void join(int fd, int other) {
    if (others_.size() <= static_cast<std::size_t>(fd)) others_.resize(static_cast<std::size_t>(fd) + 1, -1);
    others_[static_cast<std::size_t>(fd)] = other;
    switch_on(fd, IPPROTO_TCP, TCP_NODELAY);
    watch(fd, EPOLLIN | EPOLLRDHUP | EPOLLET);
  }

  void pass_on(int fd) {
    const int other = others_[static_cast<std::size_t>(fd)];
    if (other < 0) return;  // closed with its other half, earlier in this batch
    const ssize_t got = ::recv(fd, bytes_.data(), bytes_.size(), MSG_DONTWAIT);
    if (got < 0 && errno == EAGAIN) return;
    if (got > 0 && ::send(other, bytes_.data(), static_cast<std::size_t>(got), MSG_NOSIGNAL) == got) return;
    for (const int each : {fd, other}) {
      others_[static_cast<std::size_t>(each)] = -1;
      ::close(each);
    }
  }

  int epoll_ = ::epoll_create1(0);
  int listener_;
  std::vector<sockaddr_in> hosts_;
  std::size_t next_ = 0;
  std::vector<int> others_;  ///< by descriptor: the other half
  std::array<epoll_event, 256> events_{};
  std::array<char, 16 * 1024> bytes_{};
};

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::strcmp(argv[1], "version") == 0) return std::puts("kernel floor: no proxy at all"), 0;
  if (argc < 3) {
    std::fputs("usage: kernel-floor PORT HOST:PORT...   all on 127.0.0.1\n", stderr);
    return 2;
  }
  allow_many_connections();
  std::vector<sockaddr_in> hosts;
  for (int i = 2; i < argc; ++i) hosts.push_back(loopback(argv[i]));
  floor_proxy(listen_on(argv[1]), std::move(hosts)).run();
}
