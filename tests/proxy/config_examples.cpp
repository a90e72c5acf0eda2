// The examples in conf/ are read by the loader here, so that they cannot rot.
#include <catch2/catch_all.hpp>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>

#include "proxy/config.hpp"
#include "proxy/config_keys.hpp"
#include "proxy/config_units.hpp"
#include "tests/proxy/conf_directory.hpp"
#include "tests/proxy/config_text.hpp"

using namespace opslb;
using namespace opslb::tests;
using Catch::Matchers::IsEmpty;

namespace {

// The certificates that examples name are not shipped, so the file is read as text.
config example(const std::string& name) {
  std::ostringstream text;
  text << std::ifstream(conf_directory() / name).rdbuf();
  const auto result = parse_config(text.str(), conf_directory());
  CHECK_THAT(lines(result.problems), IsEmpty());
  CHECK_THAT(lines(result.warnings), IsEmpty());
  REQUIRE(result.value);
  return *result.value;
}

// Every value of a file by its path as the loader writes it.
void flatten(const nlohmann::json& node, const std::string& path, std::map<std::string, nlohmann::json>& out) {
  for (const auto& [key, held] : node.items()) {
    const auto here = path.empty() ? key : std::string(path).append(".").append(key);
    out[here] = held;
    if (held.is_object() && here != "timeouts.idle_for") flatten(held, here, out);
    if (held.is_array() && !held.empty() && held[0].is_object()) flatten(held[0], here + "[]", out);
  }
}

}  // namespace

TEST_CASE("every example is a valid configuration without a warning") {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(conf_directory())) {
    const auto name = entry.path().filename().string();
    if (!name.ends_with(".json") || name == "opslb.schema.json") continue;
    CAPTURE(name);
    CHECK_FALSE(example(name).listeners.empty());
    ++count;
  }
  CHECK(count >= 4);
}

TEST_CASE("the example for the PROXY protocol speaks it with its load balancers only") {
  const auto c = example("proxy-protocol.json");
  CHECK(c.listeners[0].proxy_protocol);
  CHECK(c.listeners[0].proxy_protocol_from.size() == 2);
  CHECK(c.listeners[0].proxy_protocol_others_direct);
}

TEST_CASE("the examples for TLS say what they are for") {
  const auto tls = example("tls.json");
  REQUIRE(tls.listeners[0].tls);
  CHECK(tls.listeners[0].tls->hsts == 8760h);
  CHECK_FALSE(tls.listeners[1].redirect_to.empty());
  const auto agents = example("agents-client-certificates.json");
  REQUIRE(agents.listeners[0].tls);
  CHECK(agents.listeners[0].tls->client_certificate == client_certificate_mode::agents_only);
  CHECK_FALSE(agents.listeners[0].tls->crl.empty());
  const auto both = example("re-encryption.json");
  CHECK(both.listeners[0].tls);
  CHECK(both.backends[0].tls);
  CHECK(both.backend_tls.verify);
}

TEST_CASE("the example for queryable backups leads to their port") {
  const auto c = example("queryable-backup.json");
  CHECK(c.listeners[0].tcp_port == 0);
  CHECK(c.listeners[1].tcp_port == 25999);
}

TEST_CASE("the example of all keys has every key that is built in, with its default") {
  std::map<std::string, nlohmann::json> in_file;
  flatten(read_json("every-key.json"), "", in_file);
  std::set<std::string> expected;
  for (const auto& key : list_keys()) {
    if (key.type == "ignored") continue;
    if (key.path.starts_with("listeners[].tls.certificates[].")) continue;  // there are none by default
    CAPTURE(key.path);
    expected.insert(key.path);
    const auto found = in_file.find(key.path);
    REQUIRE(found != in_file.end());
    if (key.fallback.empty()) continue;
    const auto fallback = nlohmann::json::parse(key.fallback);
    if (key.type == "duration") {
      CHECK(to_duration(found->second.get<std::string>()).value == to_duration(fallback.get<std::string>()).value);
    } else {
      CHECK(found->second == fallback);
    }
  }
  std::set<std::string> present;
  for (const auto& [path, held] : in_file) present.insert(path);
  CHECK(present == expected);
}

TEST_CASE("the names in the example of all keys are the default ones") {
  const auto c = example("every-key.json");
  CHECK(c.listeners[0].name == c.listeners[0].bind.to_string());
  CHECK(c.backends[0].name == c.backends[0].authority);
}
