#include "proxy/takeover/link.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <catch2/catch_all.hpp>

#include <string>
#include <vector>

#include "proxy/takeover/handover.hpp"

using namespace opslb;
using takeover::most_text;

TEST_CASE("messages arrive one by one and in order, however long", "[takeover]") {
  auto [one, other] = takeover::link::make();
  const std::string longest(most_text, 'x');
  REQUIRE(one.send("first"));
  REQUIRE(one.send(longest));
  takeover::link::parcel got;
  REQUIRE(other.receive(got) == takeover::link::state::received);
  CHECK(got.text == "first");
  REQUIRE(other.receive(got) == takeover::link::state::received);
  CHECK(got.text == longest);
  CHECK(other.receive(got) == takeover::link::state::nothing_yet);
}

TEST_CASE("descriptors travel with a message, as many as it can have, and are closed on exec", "[takeover]") {
  auto [one, other] = takeover::link::make();
  const std::vector<int> sent(takeover::link::most_at_once, one.descriptor());
  REQUIRE(one.send("sockets", sent));
  takeover::link::parcel got;
  REQUIRE(other.receive(got) == takeover::link::state::received);
  CHECK(got.sockets.size() == sent.size());
  for (const int each : got.sockets) {
    CHECK((::fcntl(each, F_GETFD) & FD_CLOEXEC) != 0);
    CHECK(takeover::link::is_one(each));
    ::close(each);
  }
}

TEST_CASE("the end of one side is seen at the other, behind what it had said", "[takeover]") {
  auto [one, other] = takeover::link::make();
  takeover::link::parcel got;
  {
    const takeover::link gone = std::move(one);
    REQUIRE(other.send("never read"));
    REQUIRE(gone.send("last words"));
  }
  REQUIRE(other.wait(std::chrono::seconds(1)));
  REQUIRE(other.receive(got) == takeover::link::state::received);
  CHECK(got.text == "last words");
  CHECK(other.receive(got) == takeover::link::state::closed);
  CHECK_FALSE(other.send("nobody is there"));
}

TEST_CASE("a side that does not read is told apart from one that is told", "[takeover]") {
  auto [one, other] = takeover::link::make();
  std::size_t sent = 0;
  while (one.send("busy 3 1 ops1")) ++sent;
  takeover::link::parcel got;
  for (; other.receive(got) == takeover::link::state::received; --sent) CHECK(got.text == "busy 3 1 ops1");
  CHECK(sent == 0);
  CHECK(one.send("busy 0 1 ops1"));
}

TEST_CASE("what is no link is told apart", "[takeover]") {
  CHECK_FALSE(takeover::link::is_one(-1));
  const int file = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  CHECK_FALSE(takeover::link::is_one(file));
  ::close(file);
}
