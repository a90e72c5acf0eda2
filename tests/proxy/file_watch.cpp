#include "proxy/file_watch.hpp"

#include <catch2/catch_all.hpp>
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/proxy/scratch_directory.hpp"

using namespace opslb;

namespace {

struct two_files {
  test::scratch_directory directory;
  std::string certificate = directory.file("lb.pem");
  std::string key = directory.file("lb.key");

  two_files() {
    write(certificate, "certificate");
    write(key, "key");
  }
  static void write(const std::string& path, const std::string& text) { std::ofstream(path) << text; }
  file_watch watch() const { return file_watch({certificate, key}); }
};

}  // namespace

TEST_CASE("files that stay what they are make no change") {
  const two_files files;
  auto watch = files.watch();
  for (int i = 0; i < 5; ++i) CHECK_FALSE(watch.look());
}

TEST_CASE("a change counts once nothing has changed any more since the look before") {
  const two_files files;
  auto watch = files.watch();
  two_files::write(files.certificate, "another certificate");
  CHECK_FALSE(watch.look());
  two_files::write(files.key, "another key");
  CHECK_FALSE(watch.look());
  CHECK(watch.look());
  CHECK_FALSE(watch.look());
  CHECK_FALSE(watch.look());
}

TEST_CASE("a file that takes another's place is a change, even of the same size") {
  const two_files files;
  auto watch = files.watch();
  two_files::write(files.directory.file("new"), "CERTIFICATE");
  std::filesystem::rename(files.directory.file("new"), files.certificate);
  watch.look();
  CHECK(watch.look());
}

TEST_CASE("a file that goes or comes is a change") {
  const two_files files;
  auto watch = files.watch();
  std::filesystem::remove(files.key);
  CHECK_FALSE(watch.look());
  CHECK(watch.look());
  two_files::write(files.key, "key");
  CHECK_FALSE(watch.look());
  CHECK(watch.look());
}

TEST_CASE("a change that is taken back before it counted is none") {
  const two_files files;
  auto watch = files.watch();
  std::filesystem::rename(files.key, files.key + ".aside");
  CHECK_FALSE(watch.look());
  std::filesystem::rename(files.key + ".aside", files.key);
  CHECK_FALSE(watch.look());
  CHECK_FALSE(watch.look());
}

TEST_CASE("what is acknowledged is no change") {
  const two_files files;
  auto watch = files.watch();
  two_files::write(files.key, "another key");
  watch.look();
  watch.acknowledge();
  CHECK_FALSE(watch.look());
  CHECK_FALSE(watch.look());
}

TEST_CASE("links are followed to what they point to") {
  const two_files files;
  const auto link = files.directory.file("current");
  std::filesystem::create_symlink(files.certificate, link);
  file_watch watch({link});
  std::filesystem::remove(link);
  std::filesystem::create_symlink(files.key, link);
  CHECK_FALSE(watch.look());
  CHECK(watch.look());
}
