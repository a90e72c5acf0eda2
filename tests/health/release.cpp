#include "health/release.hpp"

#include <catch2/catch_all.hpp>

#include <string>
#include <vector>

namespace opslb::health {

TEST_CASE("a release is read from what Ops Manager calls its version") {
  const auto [told, expected] = GENERATE(table<std::string, std::string>({
      {"gitHash=5f0a; versionString=8.0.4.500.20250304T1609Z", "8.0.4"},
      {"versionString=8.0.4.500.20250304T1609Z; gitHash=5f0a", "8.0.4"},
      {"versionString=13.10.12", "13.10.12"},
      {"8.0.4.500.20250304T1609Z", "8.0.4"},
      {"8.0.4", "8.0.4"},
      {"8.0", ""},
      {"8.0.", ""},
      {"8..4", ""},
      {"v8.0.4", ""},
      {"versionString=", ""},
      {"gitHash=5f0a", ""},
      {"versionString=1234567.0.0", ""},
      {"", ""},
  }));
  CAPTURE(told);
  CHECK(release_in(told) == expected);
}

TEST_CASE("a release is read from the version manifest, as far as it has come") {
  const auto [json, expected] = GENERATE(table<std::string, std::string>({
      {R"({"version":"8.0.4","versions":[]})", "8.0.4"},
      {R"({ "updated" : 1, "versions": [{"version": "7.0.1"}], "version" : "8.0.4.500" })", "8.0.4"},
      {R"({"version":"8.0.4","versions":[{"na)", "8.0.4"},
      {R"({"version":"8.0.1)", ""},
      {R"({"version":"8.0.4.500.2025)", ""},
      {R"({"a":"\"version\":\"1.2.3\"","version":"8.0.4"})", "8.0.4"},
      {R"({"a":"{","version":"8.0.4"})", "8.0.4"},
      {R"({"a":"version","version":"8.0.4"})", "8.0.4"},
      {R"({"versions":[{"version":"7.0.1"}]})", ""},
      {R"([{"version":"7.0.1"}])", ""},
      {R"({"version":8})", ""},
      {R"({"version":null,"x":"8.0.4"})", ""},
      {R"({"version)", ""},
      {R"({"version":)", ""},
      {R"({"version\)", ""},
      {"<html>version 8.0.4</html>", ""},
      {"", ""},
  }));
  CAPTURE(json);
  CHECK(release_in_manifest(json) == expected);
}

TEST_CASE("hosts that differ are in Upgrade Mode") {
  const auto [hosts, active, text] = GENERATE(table<std::vector<known_release>, bool, std::string>({
      {{{"ops1", "8.0.4"}, {"ops2", "8.0.4"}}, false, "all hosts run 8.0.4"},
      {{{"ops1", "8.0.5"}, {"ops2", "8.0.4"}, {"ops3", "8.0.4"}},
       true,
       "hosts differ, so Ops Manager is in Upgrade Mode: ops2 and ops3 run 8.0.4, ops1 runs 8.0.5"},
      {{{"ops1", "8.0.5"}, {"ops2", ""}, {"ops3", "8.0.4"}},
       true,
       "hosts differ, so Ops Manager is in Upgrade Mode: ops3 runs 8.0.4, ops1 runs 8.0.5"},
      {{{"ops1", "8.0.5"}, {"ops2", ""}, {"ops3", ""}},
       false,
       "all hosts whose version is known run 8.0.5; it is not known of ops2 and ops3"},
      {{{"ops1", ""}}, false, "no host has told its version"},
      {{}, false, "no host has told its version"},
  }));
  const upgrade_mode found = compare_releases(hosts);
  CHECK(found.active == active);
  CHECK(found.text == text);
}

TEST_CASE("each release comes with its hosts") {
  const std::vector<known_release> hosts{{"ops1", "8.0.5"}, {"ops2", "8.0.4"}, {"ops3", "8.0.4"}, {"ops4", ""}};
  const auto releases = compare_releases(hosts).releases;
  REQUIRE(releases.size() == 2);
  CHECK(releases.at("8.0.4") == std::vector<std::string>{"ops2", "ops3"});
  CHECK(releases.at("8.0.5") == std::vector<std::string>{"ops1"});
}

}  // namespace opslb::health
