// A configuration as a file: where it is, and whether it can be read.
#include <unistd.h>

#include <catch2/catch_all.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <tuple>

#include "proxy/config.hpp"
#include "tests/proxy/config_text.hpp"

using namespace opslb;
using namespace opslb::tests;
using Catch::Matchers::ContainsSubstring;

namespace {

class scratch_file {
 public:
  scratch_file() : path_(std::filesystem::temp_directory_path() / "opslb-config-XXXXXX") {
    auto name = path_.string();
    const int fd = mkstemp(name.data());
    REQUIRE(fd != -1);
    ::close(fd);
    path_ = name;
  }
  ~scratch_file() { std::filesystem::remove(path_); }
  scratch_file(const scratch_file&) = delete;
  scratch_file& operator=(const scratch_file&) = delete;

  const std::filesystem::path& path() const { return path_; }
  void write(std::string_view text) const { std::ofstream(path_, std::ios::binary) << text; }

 private:
  std::filesystem::path path_;
};

}  // namespace

TEST_CASE("a file is read with its log paths relative to its own directory") {
  const scratch_file file;
  file.write(with(R"("log": {"path": "opslb.log"}, "access_log": {"path": "off"})"));
  const auto result = load_config(file.path());
  REQUIRE(result.value);
  CHECK(result.value->log.path == file.path().parent_path() / "opslb.log");
  CHECK(result.value->access_log.path == "off");
}

TEST_CASE("a file that cannot be read is one error without a place") {
  const auto [file, message] = GENERATE(table<std::string, std::string>({
      {"/nonexistent/opslb.json", "cannot be opened: No such file or directory"},
      {"/proc", "cannot be read: Is a directory"},
  }));
  const auto result = load_config(file);
  CHECK_FALSE(result.value);
  REQUIRE(result.problems.size() == 1);
  CHECK(result.problems[0].line == 0);
  CHECK(describe(result.problems[0], file) == file + ": " + message);
}

TEST_CASE("a file that is too large is not read to its end") {
  const auto result = load_config("/dev/zero");
  REQUIRE(result.problems.size() == 1);
  CHECK_THAT(result.problems[0].message, ContainsSubstring("is larger than 1 MiB"));
}
