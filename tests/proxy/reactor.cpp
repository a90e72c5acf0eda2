#include "proxy/reactor.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch_all.hpp>
#include <thread>
#include <vector>

using namespace opslb;
using namespace std::chrono_literals;

namespace {

/// A watch that counts how often it was told of something.
struct listening : watch {
  explicit listening(int descriptor) {
    fd = descriptor;
    notify = [](void* self) { ++static_cast<listening*>(self)->told; };
    notify_who = this;
    notify_readable = true;
  }
  int told = 0;
};

struct ends {
  ends() { REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd) == 0); }
  int fd[2] = {-1, -1};
};

void send_byte(int to) { REQUIRE(::send(to, "x", 1, 0) == 1); }

}  // namespace

TEST_CASE("a descriptor that lives on elsewhere tells nothing to who has its number now") {
  reactor io;
  const ends old;
  listening first(old.fd[0]);
  REQUIRE(io.add(first));
  const int elsewhere = ::dup(old.fd[0]);  // as a process that is being started has it
  io.remove(first);
  ::close(old.fd[0]);

  const ends fresh;
  REQUIRE(fresh.fd[0] == old.fd[0]);
  listening second(fresh.fd[0]);
  REQUIRE(io.add(second));
  send_byte(old.fd[1]);
  io.turn(0ms);
  CHECK(second.told == 0);
  CHECK(first.told == 0);
  send_byte(fresh.fd[1]);
  io.turn(1s);
  CHECK(second.told == 1);

  io.remove(second);
  for (const int each : {elsewhere, old.fd[1], fresh.fd[0], fresh.fd[1]}) ::close(each);
}

TEST_CASE("a watch that goes within a batch hears nothing of the rest of it") {
  struct remover : listening {
    remover(int descriptor, reactor& in) : listening(descriptor), io(in) {
      notify = [](void* self) {
        auto& me = *static_cast<remover*>(self);
        ++me.told;
        if (me.other != nullptr) me.io.remove(*me.other);
      };
    }
    reactor& io;
    watch* other = nullptr;
  };
  reactor io;
  const ends pairs[2];
  remover one(pairs[0].fd[0], io);
  remover two(pairs[1].fd[0], io);
  one.other = &two;
  two.other = &one;
  REQUIRE(io.add(one));
  REQUIRE(io.add(two));
  send_byte(pairs[0].fd[1]);
  send_byte(pairs[1].fd[1]);
  io.turn(1s);
  CHECK(one.told + two.told == 1);
  for (const ends& each : pairs) {
    ::close(each.fd[0]);
    ::close(each.fd[1]);
  }
}

TEST_CASE("a listening socket is told of in each turn while a connection waits, unless nobody wants to hear") {
  reactor io;
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const name = reinterpret_cast<sockaddr*>(&address);
  REQUIRE(::bind(fd, name, size) == 0);
  REQUIRE(::listen(fd, 1) == 0);
  REQUIRE(::getsockname(fd, name, &size) == 0);
  listening socket(fd);
  REQUIRE(io.add_listening(socket));

  const int client = ::socket(AF_INET, SOCK_STREAM, 0);
  REQUIRE(::connect(client, name, size) == 0);
  io.turn(1s);
  io.turn(1s);
  CHECK(socket.told == 2);
  io.tell_listening(socket, false);
  io.turn(0ms);
  CHECK(socket.told == 2);
  io.tell_listening(socket, true);
  io.turn(1s);
  CHECK(socket.told == 3);

  io.remove_listening(socket);
  ::close(client);
  ::close(fd);
}

TEST_CASE("what other threads post is done in order, and wakes a loop that waits") {
  reactor io;
  std::vector<int> done;
  std::thread other([&] {
    for (int i = 0; i < 100; ++i) io.post([&done, i] { done.push_back(i); });
  });
  while (done.size() < 100) io.turn(1h);
  other.join();
  for (int i = 0; i < 100; ++i) CHECK(done[static_cast<std::size_t>(i)] == i);
}
