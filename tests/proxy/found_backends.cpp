#include "proxy/found_backends.hpp"

#include <catch2/catch_all.hpp>
#include <string>
#include <vector>

namespace opslb {
namespace {

config with(std::vector<backend_config> backends) {
  config settings;
  settings.named_backends = std::move(backends);
  settings.backends = settings.named_backends;
  return settings;
}

backend_config named(std::string name, resolve_rule resolve = resolve_rule::first, unsigned weight = 1) {
  backend_config result;
  result.host = name + ".example";
  result.name = std::move(name);
  result.port = 8080;
  result.authority = result.host + ":8080";
  result.tls_name = result.host;
  result.resolve = resolve;
  result.weight = weight;
  return result;
}

headers::ip_address address(const char* text) { return *headers::ip_address::parse(text); }

std::vector<std::string> names_in(const config& of) {
  std::vector<std::string> result;
  for (const backend_config& each : of.backends) result.push_back(each.name);
  return result;
}

const health::followed_name all_of_ops{"ops.example", health::question::addresses};
const health::followed_name services_of_ops{"ops.example", health::question::services};

}  // namespace

TEST_CASE("only names that stand for several are followed") {
  const auto settings = with({named("alone"), named("ops", resolve_rule::all), named("om", resolve_rule::srv)});
  CHECK(names_to_follow(settings) ==
        std::vector<health::followed_name>{all_of_ops, {"om.example", health::question::services}});
}

TEST_CASE("each address takes the place of the name, and keeps all else of it") {
  const auto settings = with({named("first"), named("ops", resolve_rule::all, 7), named("last")});
  const auto made = with_found_backends(settings, {{all_of_ops, {{address("192.0.2.1"), address("2001:db8::1")}, {}}}});
  CHECK(names_in(made.settings) == std::vector<std::string>{"first", "ops@192.0.2.1", "ops@2001:db8::1", "last"});
  const backend_config& one = made.settings.backends[2];
  CHECK(one.host == "2001:db8::1");
  CHECK(one.port == 8080);
  CHECK(one.authority == "ops.example:8080");
  CHECK(one.tls_name == "ops.example");
  CHECK(one.weight == 7);
  CHECK(one.resolve == resolve_rule::first);
}

TEST_CASE("what was found again is put in place of what was found before") {
  const auto settings = with({named("ops", resolve_rule::all)});
  const auto before = with_found_backends(settings, {{all_of_ops, {{address("192.0.2.1")}, {}}}});
  const auto now = with_found_backends(before.settings, {{all_of_ops, {{address("192.0.2.2")}, {}}}});
  CHECK(names_in(now.settings) == std::vector<std::string>{"ops@192.0.2.2"});
  CHECK_FALSE(same_backends(before.settings.backends, now.settings.backends));
}

TEST_CASE("a name of which nothing is known yet has no backend") {
  CHECK(with_found_backends(with({named("ops", resolve_rule::all)}), {}).settings.backends.empty());
}

TEST_CASE("a service has the record's host and port, and its share of the weight") {
  const auto settings = with({named("ops", resolve_rule::srv, 100)});
  const std::vector<health::service> records{{"a", 1, 0, 300}, {"b", 2, 0, 150}, {"c", 3, 0, 0}};
  const auto made = with_found_backends(settings, {{services_of_ops, {{}, records}}}).settings.backends;
  REQUIRE(made.size() == 3);
  CHECK(made[0].name == "ops@a:1");
  CHECK(made[0].authority == "a:1");
  CHECK(made[0].tls_name == "ops.example");
  CHECK(made[1].port == 2);
  CHECK(std::vector{made[0].weight, made[1].weight, made[2].weight} == std::vector{100U, 50U, 1U});
}

TEST_CASE("services without weights are all alike, and one host and port is one backend") {
  const auto settings = with({named("ops", resolve_rule::srv, 5)});
  const std::vector<health::service> records{{"a", 1, 0, 0}, {"b", 1, 0, 0}, {"a", 1, 0, 0}};
  const auto made = with_found_backends(settings, {{services_of_ops, {{}, records}}}).settings.backends;
  REQUIRE(made.size() == 2);
  CHECK(made[0].weight == 5);
  CHECK(made[1].weight == 5);
}

TEST_CASE("what is found never takes the place of a backend that the file names, and there are 64 at most") {
  std::vector<headers::ip_address> many;
  for (unsigned i = 0; i < 70; ++i) many.push_back(address(("192.0.2." + std::to_string(i)).c_str()));
  const auto settings = with({named("ops", resolve_rule::all), named("last")});
  const auto made = with_found_backends(settings, {{all_of_ops, {many, {}}}});
  CHECK(made.settings.backends.size() == 64);
  CHECK(made.settings.backends.back().name == "last");
  REQUIRE(made.left_out.size() == 7);
  CHECK(made.left_out.front() == "ops@192.0.2.63");
}

TEST_CASE("hosts in use are not left out for those that come under another name") {
  const health::followed_name all_of_om{"om.example", health::question::addresses};
  const auto settings = with({named("ops", resolve_rule::all), named("om", resolve_rule::all)});
  health::found_names found{{all_of_ops, {{address("192.0.2.1")}, {}}}, {all_of_om, {{address("198.51.100.1")}, {}}}};
  const auto before = with_found_backends(settings, found);
  for (unsigned i = 2; i < 72; ++i)
    found[all_of_ops].addresses.push_back(address(("192.0.2." + std::to_string(i)).c_str()));
  const auto now = with_found_backends(before.settings, found);
  CHECK(now.settings.backends.size() == 64);
  CHECK(now.settings.backends.front().name == "ops@192.0.2.1");
  CHECK(now.settings.backends.back().name == "om@198.51.100.1");
  CHECK(now.left_out.size() == 8);
}

}  // namespace opslb
