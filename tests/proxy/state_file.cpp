#include "proxy/state_file.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch_all.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/proxy/scratch_directory.hpp"

using namespace opslb;
using Catch::Matchers::ContainsSubstring;
namespace fs = std::filesystem;

namespace {

const std::chrono::system_clock::time_point since{std::chrono::milliseconds(1795334400123)};

void write(const fs::path& file, std::string_view text) { std::ofstream(file) << text; }

}  // namespace

TEST_CASE("what is saved is loaded again, and the directory is made for it") {
  const test::scratch_directory scratch;
  const fs::path file = scratch.file("run/opslb/state.json");
  CHECK(why_not_writable(file).empty());
  REQUIRE(save_state(file, {{"ops1", "http://ops1:8080", since}, {"a \"b\"", "https://[::1]:443", since}}).empty());
  const loaded_state loaded = load_state(file);
  CHECK(loaded.warning.empty());
  REQUIRE(loaded.drains.size() == 2);
  CHECK(loaded.drains[0].backend == "ops1");
  CHECK(loaded.drains[0].url == "http://ops1:8080");
  CHECK(loaded.drains[0].since == since);
  CHECK(loaded.drains[1].backend == "a \"b\"");
  CHECK_FALSE(fs::exists(file.string() + ".new"));
  CHECK((fs::status(file).permissions() & fs::perms::mask) == (fs::perms::owner_read | fs::perms::owner_write));

  REQUIRE(save_state(file, {}).empty());
  CHECK(load_state(file).drains.empty());
}

TEST_CASE("a state file that is not there is no news") {
  const test::scratch_directory scratch;
  for (const char* name : {"state.json", "no/such/directory/state.json"}) {
    const loaded_state loaded = load_state(scratch.file(name));
    CHECK(loaded.drains.empty());
    CHECK(loaded.warning.empty());
  }
}

TEST_CASE("a state file that is broken is put aside, and nothing of it is taken") {
  const std::string good = R"({"backend": "ops1", "url": "http://ops1:80", "since": "2026-11-22T08:00:00.123Z"})";
  const auto text = GENERATE_COPY(values<std::string>({
      "",
      "x",
      "[]",
      "null",
      R"({"drained": []})",
      R"({"version": 2, "drained": []})",
      R"({"version": "1", "drained": []})",
      R"({"version": 1})",
      R"({"version": 1, "drained": {}})",
      R"({"version": 1, "drained": [)" + good + ", 1]}",
      R"({"version": 1, "drained": [)" + good + R"(, {"backend": "ops2", "url": "http://ops2:80"}]})",
      R"({"version": 1, "drained": [{"backend": "ops2", "url": 80, "since": "2026-11-22T08:00:00.123Z"}]})",
      R"({"version": 1, "drained": [{"backend": "ops2", "url": "http://ops2:80", "since": "yesterday"}]})",
      R"({"version": 1, "drained": [)" + good + "]",
      std::string(200'000, '['),
      R"({"version": 1, "drained": [], "x": ")" + std::string(300'000, 'x') + "\"}",
  }));
  CAPTURE(text.substr(0, 200));
  CHECK(parse_state(text).drains.empty());
  CHECK_FALSE(parse_state(text).warning.empty());

  const test::scratch_directory scratch;
  const fs::path file = scratch.file("state.json");
  write(file, text);
  const loaded_state loaded = load_state(file);
  CHECK(loaded.drains.empty());
  CHECK_THAT(loaded.warning, ContainsSubstring("state file " + file.string() + " cannot be used") &&
                                 ContainsSubstring("it is now " + file.string() + ".broken"));
  CHECK_FALSE(fs::exists(file));
  CHECK(fs::file_size(file.string() + ".broken") == text.size());
}

TEST_CASE("a state file that cannot be read is told and left alone") {
  const test::scratch_directory scratch;
  const fs::path file = scratch.file("state.json");
  fs::create_directory(file);
  CHECK_THAT(load_state(file).warning, ContainsSubstring("cannot be read") && ContainsSubstring("directory"));
  CHECK(fs::is_directory(file));
  CHECK_THAT(save_state(file, {}), ContainsSubstring("cannot rename"));
}

TEST_CASE("a FIFO in its place does not keep opslb from starting") {
  const test::scratch_directory scratch;
  const std::string file = scratch.file("state.json");
  REQUIRE(::mkfifo(file.c_str(), 0600) == 0);
  CHECK_FALSE(load_state(file).warning.empty());
}

TEST_CASE("what keeps it from being written is told beforehand and afterwards") {
  const test::scratch_directory scratch;
  write(scratch.file("file"), "x");
  const fs::path below_a_file = scratch.file("file/state.json");
  CHECK_THAT(why_not_writable(below_a_file), ContainsSubstring("is no directory"));
  CHECK_THAT(save_state(below_a_file, {}),
             ContainsSubstring("cannot make the directory") || ContainsSubstring("cannot write"));
  CHECK_THAT(why_not_writable("/proc/opslb/state.json"),
             ::geteuid() == 0 ? ContainsSubstring("") : ContainsSubstring("/proc"));
  CHECK_FALSE(save_state("/proc/opslb/state.json", {}).empty());
}

TEST_CASE("a link in the place of the file that is written first is not followed") {
  const test::scratch_directory scratch;
  write(scratch.file("elsewhere"), "mine");
  fs::create_symlink(scratch.file("elsewhere"), scratch.file("state.json.new"));
  CHECK_THAT(save_state(scratch.file("state.json"), {}), ContainsSubstring("cannot write"));
  CHECK(scratch.content("elsewhere") == "mine");
}

TEST_CASE("the default is under the runtime directory") {
  ::setenv("XDG_RUNTIME_DIR", "/run/user/7", 1);
  ::setenv("RUNTIME_DIRECTORY", "/run/opslb:/run/other", 1);
  CHECK(default_state_file() == "/run/opslb/opslb/state.json");
  ::unsetenv("RUNTIME_DIRECTORY");
  CHECK(default_state_file() == "/run/user/7/opslb/state.json");
  ::setenv("XDG_RUNTIME_DIR", "", 1);
  CHECK(default_state_file() == "/run/opslb/state.json");
  ::unsetenv("XDG_RUNTIME_DIR");
  CHECK(default_state_file() == "/run/opslb/state.json");
}
