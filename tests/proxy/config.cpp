// What a configuration comes to: the values of a file, and the defaults of what it leaves out.
#include "proxy/config.hpp"

#include <unistd.h>

#include <array>
#include <catch2/catch_all.hpp>
#include <cstdlib>
#include <string>

#include "tests/proxy/config_text.hpp"

using namespace opslb;
using namespace opslb::tests;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::Equals;

namespace {

config loaded(std::string_view text) {
  auto result = load(text);
  for (const auto& line : lines(result.problems)) UNSCOPED_INFO(line);
  REQUIRE(result.problems.empty());
  REQUIRE(result.value);
  return std::move(*result.value);
}

}  // namespace

TEST_CASE("the smallest file has the defaults that Ops Manager needs") {
  const auto c = loaded(with(""));
  REQUIRE(c.listeners.size() == 1);
  CHECK(c.listeners[0].name == "127.0.0.1:8080");
  CHECK(c.listeners[0].bind.to_string() == "127.0.0.1:8080");
  CHECK_FALSE(c.listeners[0].proxy_protocol);
  CHECK_FALSE(c.listeners[0].proxy_protocol_others_direct);
  CHECK_FALSE(c.listeners[0].tls);
  CHECK(c.listeners[0].redirect_to.empty());
  CHECK(c.listeners[0].tcp_port == 0);
  REQUIRE(c.backends.size() == 1);
  CHECK(c.backends[0].name == "ops1:8080");
  CHECK(c.backends[0].host == "ops1");
  CHECK(c.backends[0].port == 8080);
  CHECK(c.backends[0].authority == "ops1:8080");
  CHECK(c.backends[0].weight == 1);
  CHECK(c.backends[0].max_requests == 0);
  CHECK_FALSE(c.backends[0].tls);
  CHECK(c.backend_tls.verify);
  CHECK((c.backend_tls.ca + c.backend_tls.server_name + c.backend_tls.certificate + c.backend_tls.key).empty());
  CHECK(c.send_proxy_protocol == proxy_protocol_version::off);
  CHECK(c.balance == balance_rule::least_requests);
  CHECK(c.health.path == "/monitor/health");
  CHECK(c.health.interval == 5s);
  CHECK(c.health.timeout == 3s);
  CHECK(c.health.rise == 2);
  CHECK(c.health.fall == 2);
  CHECK(c.health.slow_start == 0s);
  CHECK_FALSE(c.health.pass_when_none_up);
  CHECK(c.timeouts.idle == 180s);
  REQUIRE(c.timeouts.idle_for.size() == 1);
  CHECK(c.timeouts.idle_for[0].prefix == "/agents/");
  CHECK(c.timeouts.idle_for[0].idle == 10min);
  CHECK(c.timeouts.tunnel == 1h);
  CHECK(c.timeouts.connect == 5s);
  CHECK(c.timeouts.request_head == 30s);
  CHECK(c.timeouts.keep_alive == 180s);
  CHECK(c.timeouts.backend_keep_alive == 25s);
  CHECK(c.timeouts.queue == 30s);
  CHECK(c.timeouts.hold == 10s);
  CHECK(c.timeouts.drain == 600s);
  CHECK(c.timeouts.drain_grace == 0s);
  CHECK(c.forwarded.client_ip_header == "X-Forwarded-For");
  CHECK(c.forwarded.trusted_proxies.empty());
  CHECK(c.limits.connections == 10000);
  CHECK(c.limits.connections_per_client == 0);
  CHECK(c.limits.waiting == 1000);
  CHECK(c.limits.head_bytes == 65536);
  CHECK(c.limits.header_count == 128);
  CHECK(c.limits.target_bytes == 16384);
  CHECK(c.limits.body_bytes == 0);
  CHECK(c.limits.response_head_bytes == 65536);
  CHECK(c.access_log.path == "-");
  CHECK_FALSE(c.access_log.combined);
  CHECK(c.log.path == "-");
  CHECK(c.log.level == log_level::info);
  CHECK(c.workers == 0);
}

TEST_CASE("without a name in the file the server is called what this machine is called") {
  std::array<char, 256> host{};
  REQUIRE(gethostname(host.data(), host.size() - 1) == 0);
  const auto name = loaded(with("")).forwarded.server_name;
  CHECK((name == host.data() || name == "opslb"));
  CHECK(loaded(with(R"("forwarded": {"server_name": null})")).forwarded.server_name == name);
}

TEST_CASE("every key takes another value than its default") {
  const auto c = loaded(R"({
    "listeners": [{"name": "in", "bind": "[::]:1", "proxy_protocol": true, "proxy_protocol_from": ["10.0.0.0/8", "::1"],
                   "proxy_protocol_others": "direct", "redirect_to": "https://ops.example.com/",
                   "tls": {"certificate": "a.pem", "key": "/keys/a.key", "certificates": [{"certificate": "b.pem", "key": "b.key"}],
                           "min_version": "1.3", "hsts": "8760h", "client_ca": "agents.pem", "crl": "../agents.crl",
                           "client_certificate": "agents_only"}},
                  {"bind": "127.0.0.1:2", "tcp_port": 25999}],
    "backend_tls": {"ca": "ca.pem", "verify": false, "server_name": "ops", "certificate": "c.pem", "key": "c.key"},
    "backends": [{"name": "ops1", "url": "http://[::1]/", "weight": 256, "max_requests": 7}],
    "send_proxy_protocol": "v2", "balance": "source_ip",
    "health_check": {"path": "/h", "interval": "1s", "timeout": "500ms", "rise": 3, "fall": 4, "slow_start": "1m",
                     "when_none_up": "pass"},
    "timeouts": {"idle": "1s", "idle_for": {"/a": "2s", "/abc": "3s", "/b": "4s"}, "tunnel": "5s", "connect": "6s",
                 "request_head": "7s", "keep_alive": "8s", "backend_keep_alive": "9s", "queue": "10s", "hold": "11s",
                 "drain": "12s", "drain_grace": "13s"},
    "forwarded": {"client_ip_header": "X-Real-IP", "trusted_proxies": ["192.0.2.1"], "server_name": "lb1"},
    "limits": {"connections": 1, "connections_per_client": 2, "waiting": 3, "head_bytes": "4B", "header_count": 5,
               "target_bytes": "6KiB", "body_bytes": "7MiB", "response_head_bytes": "8GiB"},
    "access_log": {"path": "log/access.log", "format": "combined"},
    "log": {"path": "../opslb.log", "level": "debug"},
    "workers": 3
  })");
  CHECK(c.listeners[0].name == "in");
  CHECK(c.listeners[0].proxy_protocol);
  CHECK(c.listeners[0].proxy_protocol_from.size() == 2);
  CHECK(c.listeners[0].proxy_protocol_others_direct);
  CHECK(c.listeners[0].redirect_to == "https://ops.example.com");
  CHECK(c.listeners[1].tcp_port == 25999);
  REQUIRE(c.listeners[0].tls);
  const auto& tls = *c.listeners[0].tls;
  REQUIRE(tls.certificates.size() == 2);
  CHECK(tls.certificates[0].certificate == "/etc/opslb/a.pem");
  CHECK(tls.certificates[0].key == "/keys/a.key");
  CHECK(tls.certificates[1].certificate == "/etc/opslb/b.pem");
  CHECK(tls.certificates[1].key == "/etc/opslb/b.key");
  CHECK(tls.tls_1_3_only);
  CHECK(tls.hsts == 8760h);
  CHECK(tls.client_ca == "/etc/opslb/agents.pem");
  CHECK(tls.crl == "/etc/agents.crl");
  CHECK(tls.client_certificate == client_certificate_mode::agents_only);
  CHECK(c.backend_tls.ca == "/etc/opslb/ca.pem");
  CHECK_FALSE(c.backend_tls.verify);
  CHECK(c.backend_tls.server_name == "ops");
  CHECK(c.backend_tls.certificate == "/etc/opslb/c.pem");
  CHECK(c.backend_tls.key == "/etc/opslb/c.key");
  CHECK(c.backends[0].host == "::1");
  CHECK(c.backends[0].weight == 256);
  CHECK(c.backends[0].max_requests == 7);
  CHECK(c.send_proxy_protocol == proxy_protocol_version::v2);
  CHECK(c.balance == balance_rule::source_ip);
  CHECK(c.health.path == "/h");
  CHECK(c.health.interval == 1s);
  CHECK(c.health.timeout == 500ms);
  CHECK(c.health.rise == 3);
  CHECK(c.health.fall == 4);
  CHECK(c.health.slow_start == 1min);
  CHECK(c.health.pass_when_none_up);
  CHECK(c.timeouts.idle == 1s);
  CHECK(c.timeouts.tunnel == 5s);
  CHECK(c.timeouts.connect == 6s);
  CHECK(c.timeouts.request_head == 7s);
  CHECK(c.timeouts.keep_alive == 8s);
  CHECK(c.timeouts.backend_keep_alive == 9s);
  CHECK(c.timeouts.queue == 10s);
  CHECK(c.timeouts.hold == 11s);
  CHECK(c.timeouts.drain == 12s);
  CHECK(c.timeouts.drain_grace == 13s);
  CHECK(c.forwarded.client_ip_header == "X-Real-IP");
  CHECK(c.forwarded.trusted_proxies.size() == 1);
  CHECK(c.forwarded.server_name == "lb1");
  CHECK(c.limits.connections == 1);
  CHECK(c.limits.connections_per_client == 2);
  CHECK(c.limits.waiting == 3);
  CHECK(c.limits.head_bytes == 4);
  CHECK(c.limits.header_count == 5);
  CHECK(c.limits.target_bytes == 6U * 1024);
  CHECK(c.limits.body_bytes == 7U * 1024 * 1024);
  CHECK(c.limits.response_head_bytes == 8ULL * 1024 * 1024 * 1024);
  CHECK(c.access_log.path == "/etc/opslb/log/access.log");
  CHECK(c.access_log.combined);
  CHECK(c.log.path == "/etc/opslb.log");
  CHECK(c.log.level == log_level::debug);
  CHECK(c.workers == 3);
}

TEST_CASE("TLS has Ops Manager's defaults where the file names only a certificate") {
  const auto c = loaded(with_listener(R"("bind": "127.0.0.1:80", "tls": {"certificate": "a.pem", "key": "a.key"})"));
  REQUIRE(c.listeners[0].tls);
  const auto& tls = *c.listeners[0].tls;
  CHECK(tls.certificates.size() == 1);
  CHECK_FALSE(tls.tls_1_3_only);
  CHECK(tls.hsts == 0s);
  CHECK((tls.client_ca + tls.crl).empty());
  CHECK(tls.client_certificate == client_certificate_mode::none);
}

TEST_CASE("null stands for no TLS, no redirect, no raw TCP and no file") {
  const auto c = loaded(
      R"({"listeners": [{"bind": "127.0.0.1:1", "tls": null, "redirect_to": null, "tcp_port": null},
                        {"bind": "127.0.0.1:2", "tls": {"certificate": "a", "key": "b", "client_ca": null, "crl": null}}],
          "backends": [{"url": "http://a"}],
          "backend_tls": {"ca": null, "server_name": null, "certificate": null, "key": null}})");
  CHECK_FALSE(c.listeners[0].tls);
  CHECK(c.listeners[0].redirect_to.empty());
  CHECK(c.listeners[0].tcp_port == 0);
  CHECK(c.listeners[1].tls);
  CHECK(loaded(with(R"("backend_tls": null)")).backend_tls.verify);
}

TEST_CASE("idle times of the file replace the default ones, the longest prefix first") {
  const auto rules =
      loaded(with(R"("timeouts": {"idle_for": {"/a": "2s", "/abc": "3s", "/b": "4s"}})")).timeouts.idle_for;
  REQUIRE(rules.size() == 3);
  CHECK(rules[0].prefix == "/abc");
  CHECK(rules[1].prefix == "/a");
  CHECK(rules[2].prefix == "/b");
  CHECK(loaded(with(R"("timeouts": {"idle_for": {}})")).timeouts.idle_for.empty());
}

TEST_CASE("a byte order mark and CRLF line ends do no harm") {
  CHECK(loaded("\xEF\xBB\xBF" + with("\r\n\"workers\": 2\r\n")).workers == 2);
}
