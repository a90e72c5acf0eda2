#include "proxy/systemd/notify.hpp"

#include <catch2/catch_all.hpp>

#include <stdexcept>

using namespace opslb::systemd;
using namespace std::chrono_literals;

TEST_CASE("messages are lines as sd_notify(3) has them", "[systemd]") {
  CHECK(ready("serving") == "READY=1\nSTATUS=serving");
  CHECK(reloading(123456789us).starts_with("RELOADING=1\nMONOTONIC_USEC=123456789\n"));
  CHECK(stopping("ending") == "STOPPING=1\nSTATUS=ending");
  CHECK(status("1 of 2 hosts is up") == "STATUS=1 of 2 hosts is up");
  CHECK(extend(10s) == "EXTEND_TIMEOUT_USEC=10000000");
  CHECK(main_process(4711) == "MAINPID=4711");
}

TEST_CASE("a status with a line break does not become a line of its own", "[systemd]") {
  CHECK(status("a\nMAINPID=1") == "STATUS=a MAINPID=1");
  CHECK(ready("a\nb") == "READY=1\nSTATUS=a b");
  CHECK(stopping("a\nb") == "STOPPING=1\nSTATUS=a b");
}

TEST_CASE("an address that is no unix socket's is refused", "[systemd]") {
  for (const std::string& address : {std::string("run/notify"), std::string("@"), std::string("/"),
                                     std::string("vsock:2:1"), "/" + std::string(107, 'x')}) {
    INFO(address);
    CHECK_THROWS_AS(notifier(address), std::runtime_error);
  }
  CHECK_NOTHROW(notifier("").tell("READY=1"));
  CHECK_NOTHROW(notifier("/nobody/listens/here").tell("READY=1"));
  CHECK_NOTHROW(notifier("@" + std::string(106, 'x')).tell("READY=1"));
}
