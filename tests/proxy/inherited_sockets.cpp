#include "proxy/inherited_sockets.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <catch2/catch_all.hpp>

#include <cstring>

#include "scratch_directory.hpp"

using namespace opslb;

namespace {

int some_descriptor() { return ::open("/dev/null", O_RDONLY | O_CLOEXEC); }

bool is_open(int fd) { return ::fcntl(fd, F_GETFD) >= 0; }

}  // namespace

TEST_CASE("sockets are taken by their address, and all of one address together", "[takeover]") {
  inherited_sockets all;
  const int a = some_descriptor(), b = some_descriptor(), c = some_descriptor();
  all.add(a, "127.0.0.1:80", "http");
  all.add(b, "[::]:80", "http");
  all.add(c, "127.0.0.1:80", "another name");
  CHECK(all.take("127.0.0.1:81", "http").empty());
  CHECK(all.take("127.0.0.1:80", "whatever it is called now") == std::vector<int>{a, c});
  CHECK(all.take("127.0.0.1:80", "http").empty());
  CHECK(all.describe() == "[::]:80 (\"http\")");
  all.close_rest();
  CHECK(all.empty());
  CHECK_FALSE(is_open(b));
  ::close(a);
  ::close(c);
}

TEST_CASE("those on port 0 are told apart by their names", "[takeover]") {
  inherited_sockets all;
  const int a = some_descriptor(), b = some_descriptor();
  all.add(a, "127.0.0.1:0", "one");
  all.add(b, "127.0.0.1:0", "two");
  CHECK(all.take("127.0.0.1:0", "two") == std::vector<int>{b});
  CHECK(all.take("127.0.0.1:0", "three").empty());
  CHECK(all.take("127.0.0.1:0", "one") == std::vector<int>{a});
  ::close(a);
  ::close(b);
}

TEST_CASE("what nobody took is closed at the end, and once", "[takeover]") {
  const int fd = some_descriptor();
  {
    inherited_sockets all;
    all.add(fd, "127.0.0.1:80", "http");
    const inherited_sockets moved = std::move(all);
    CHECK(is_open(fd));
  }
  CHECK_FALSE(is_open(fd));
}

TEST_CASE("where a socket listens is written as it is configured", "[takeover]") {
  const auto listening = [](int family, const void* address, socklen_t size) {
    const int fd = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(::bind(fd, static_cast<const sockaddr*>(address), size) == 0);
    CHECK(where_listens(fd).empty());  // not yet
    REQUIRE(::listen(fd, 1) == 0);
    const std::string where = where_listens(fd);
    ::close(fd);
    return where;
  };
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  CHECK(listening(AF_INET, &v4, sizeof v4).starts_with("127.0.0.1:"));
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  CHECK(listening(AF_INET6, &v6, sizeof v6).starts_with("[::]:"));
  const test::scratch_directory folder;
  const std::string path = folder.file("a.sock");
  sockaddr_un local{};
  local.sun_family = AF_UNIX;
  REQUIRE(path.size() < sizeof local.sun_path);
  std::memcpy(local.sun_path, path.data(), path.size());
  CHECK(listening(AF_UNIX, &local, sizeof local) == "unix:" + path);
  CHECK(where_listens(-1).empty());
}
