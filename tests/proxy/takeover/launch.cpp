#include "proxy/takeover/launch.hpp"

#include <catch2/catch_all.hpp>

#include <filesystem>
#include <string>
#include <vector>

using namespace opslb::takeover;

namespace {

program called(std::string name) {
  char* arguments[] = {name.data(), nullptr};
  return program_of(1, arguments);
}

}  // namespace

TEST_CASE("the path of the program is absolute, however it was called", "[takeover]") {
  CHECK(called("/usr/bin/opslb").path == "/usr/bin/opslb");
  CHECK(called("build/opslb").path == (std::filesystem::current_path() / "build/opslb").string());
  CHECK(called("./opslb").path == (std::filesystem::current_path() / "./opslb").string());
  CHECK(called("sh").path.ends_with("/sh"));  // found in PATH
  CHECK(std::filesystem::path(called("sh").path).is_absolute());
}

TEST_CASE("a name that is nowhere is looked up in /proc", "[takeover]") {
  const auto self = std::filesystem::read_symlink("/proc/self/exe").string();
  CHECK(called("no-such-program-anywhere").path == self);
  CHECK(called("").path == self);
  CHECK(program_of(0, nullptr).path == self);
}

TEST_CASE("arguments are kept with the name", "[takeover]") {
  std::string texts[] = {"/usr/bin/opslb", "run", "-c", "a file"};
  char* arguments[] = {texts[0].data(), texts[1].data(), texts[2].data(), texts[3].data(), nullptr};
  CHECK(program_of(4, arguments).arguments == std::vector<std::string>{"/usr/bin/opslb", "run", "-c", "a file"});
}

TEST_CASE("a successor gets the environment without what was meant for this process alone", "[takeover]") {
  const char* const all[] = {"PATH=/bin",
                             "LISTEN_PID=5",
                             "LISTEN_FDS=2",
                             "LISTEN_FDNAMES=a:b",
                             "NOTIFY_SOCKET=@n",
                             "WATCHDOG_USEC=10",
                             "WATCHDOG_PID=5",
                             "LISTEN_PIDFDID=7",
                             "OPSLB_TAKEOVER=3",
                             "OPSLB_TAKEOVERS=3",
                             "EMPTY=",
                             "NONE",
                             nullptr};
  CHECK(environment_for_successor(all) == std::vector<std::string>{"PATH=/bin", "NOTIFY_SOCKET=@n", "WATCHDOG_USEC=10",
                                                                   "OPSLB_TAKEOVERS=3", "EMPTY=", "NONE"});
}
