#include <catch2/catch_all.hpp>
#include <string>

#include "headers/target.hpp"

namespace opslb::headers {
namespace {

TEST_CASE("the plain path is decoded, without parameters, merged and resolved", "[path]") {
  const auto [target, plain] = GENERATE(table<std::string, std::string>({
      {"/", "/"},
      {"/agents/x?y=/z/../", "/agents/x"},
      {"/%61gents/%78", "/agents/x"},
      {"/agents;v=1/x;y", "/agents/x"},
      {"//agents///x//", "/agents/x/"},
      {"/./agents/./x/.", "/agents/x/"},
      {"/a/../agents/x", "/agents/x"},
      {"/a/b/../..", "/"},
      {"/../../agents/", "/agents/"},
      {"/a/%2e%2E/agents/x", "/agents/x"},
      {"/a/..;x/agents/y", "/agents/y"},
      {"/a%2Fb", "/a/b"},
      {"/a%", "/a%"},
      {"/a%4", "/a%4"},
      {"/a%zz/..", "/"},
      {"/...", "/..."},
      {"/.a", "/.a"},
      {"/a/..b", "/a/..b"},
      {"/;x", "/"},
      {"", "/"},
      {"?q", "/"},
  }));
  CAPTURE(target);
  CHECK(plain_path(target).text() == plain);
}

TEST_CASE("a path is under a prefix however it is spelled", "[path]") {
  const auto* const target =
      GENERATE("/agents/", "/agents/api?x", "/agents", "/agents;x", "//agents/x", "/%61gents/x", "/x/../agents/y",
               "/agents%2Fx", "/x%2f..%2fagents/y", "/./agents/x", "/x/..;/agents/y", "/%2e/agents/y");
  CAPTURE(target);
  CHECK(plain_path(target).is_under("/agents/"));
}

TEST_CASE("what a server could decode further counts as under /agents/", "[path]") {
  const auto* const target =
      GENERATE("/%2561gents/x", "/x%252e", "/agents/..%3Bx/y", "/agents;%2F..%2F../x", "/;%2Fx/agents/y", "/%25%36%31x",
               "/%u0061gents/x", "/%U0061gents", "/%25u0061gents");
  CAPTURE(target);
  CHECK(plain_path(target).is_under("/agents/"));
  CHECK_FALSE(plain_path(target).is_under("/api/"));
}

TEST_CASE("other paths are not under it", "[path]") {
  const auto* const target = GENERATE("/", "/agentsx", "/agent", "/Agents/", "/x/agents/", "/agents/../x", "/?/agents/",
                                      "/x%2Fy", "/x%3By", "/x%25", "/x%zz", "/x;/agents/../y", "/a/%2e%2e/x");
  CAPTURE(target);
  CHECK_FALSE(plain_path(target).is_under("/agents/"));
}

}  // namespace
}  // namespace opslb::headers
