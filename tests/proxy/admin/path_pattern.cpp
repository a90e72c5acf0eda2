// Paths with a name in them.
#include "proxy/admin/path_pattern.hpp"

#include <catch2/catch_all.hpp>
#include <string>

using opslb::admin::matches;

TEST_CASE("a name in a path is found and decoded") {
  const auto [path, name] = GENERATE(table<std::string, std::string>({
      {"/a/ops1/drain", "ops1"},
      {"/a/ops1:8080/drain", "ops1:8080"},
      {"/a/%5B::1%5D%3a80/drain", "[::1]:80"},
      {"/a/drain/drain", "drain"},
  }));
  std::string named;
  CHECK(matches("/a/*/drain", path, named));
  CHECK(named == name);
}

TEST_CASE("other paths are not taken for it") {
  const auto* path = GENERATE("/a/drain", "/a//drain", "/a/b/c/drain", "/a/b", "/a/%/drain", "/a/%4/drain",
                              "/a/%zz/drain", "/a/b/drain/", "/A/b/drain", "");
  std::string named;
  CHECK_FALSE(matches("/a/*/drain", path, named));
}

TEST_CASE("a pattern without a name is the path itself") {
  std::string named;
  CHECK(matches("/metrics", "/metrics", named));
  CHECK_FALSE(matches("/metrics", "/metrics/", named));
}
