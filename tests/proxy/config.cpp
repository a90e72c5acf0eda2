#include "proxy/config.hpp"

#include <unistd.h>

#include <array>
#include <catch2/catch_all.hpp>
#include <cstdlib>
#include <fstream>
#include <string>
#include <tuple>

#include "proxy/config_keys.hpp"
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

std::vector<std::string> errors_of(std::string_view text) {
  const auto result = load(text);
  CHECK(result.value.has_value() == result.problems.empty());
  return lines(result.problems);
}

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

TEST_CASE("the smallest file has the defaults that Ops Manager needs") {
  const auto c = loaded(with(""));
  REQUIRE(c.listeners.size() == 1);
  CHECK(c.listeners[0].name == "127.0.0.1:8080");
  CHECK(c.listeners[0].bind.to_string() == "127.0.0.1:8080");
  CHECK_FALSE(c.listeners[0].proxy_protocol);
  CHECK_FALSE(c.listeners[0].proxy_protocol_others_direct);
  CHECK_FALSE(c.listeners[0].tls);
  CHECK(c.listeners[0].redirect_to.empty());
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
                           "client_certificate": "agents_only"}}],
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

TEST_CASE("null stands for no TLS, no redirect and no file") {
  const auto c = loaded(
      R"({"listeners": [{"bind": "127.0.0.1:1", "tls": null, "redirect_to": null},
                        {"bind": "127.0.0.1:2", "tls": {"certificate": "a", "key": "b", "client_ca": null, "crl": null}}],
          "backends": [{"url": "http://a"}],
          "backend_tls": {"ca": null, "server_name": null, "certificate": null, "key": null}})");
  CHECK_FALSE(c.listeners[0].tls);
  CHECK(c.listeners[0].redirect_to.empty());
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

TEST_CASE("one wrong value gives one error, at its path, that says what to do") {
  const auto [keys, error] = GENERATE(table<std::string, std::string>({
      {R"("workers": "2")", "workers: must be a number, not a string; remove the quotes"},
      {R"("workers": 1.5)", "workers: must be a whole number from 0 to 1024"},
      {R"("workers": -1)", "workers: must be a whole number from 0 to 1024"},
      {R"("workers": null)", "workers: must be a number, not null"},
      {R"("balance": "least_request")",
       R"(balance: must be one of "least_requests", "round_robin", "source_ip"; did you mean "least_requests"?)"},
      {R"("balance": "random")", R"(balance: must be one of "least_requests", "round_robin", "source_ip")"},
      {R"("send_proxy_protocol": true)", "send_proxy_protocol: must be a string, not true or false"},
      {R"("timeouts": [])", "timeouts: must be an object, not a list"},
      {R"("timeouts": {"idle": 180})", R"(timeouts.idle: needs a unit (ms, s, m or h); did you mean "180s"?)"},
      {R"("timeouts": {"idle": "180"})",
       R"(timeouts.idle: must be a whole number with a unit (ms, s, m or h), such as "180s")"},
      {R"("timeouts": {"idle": "0s"})", "timeouts.idle: must be from 1ms to 168h"},
      {R"("timeouts": {"drain": "169h"})", "timeouts.drain: must be from 0s to 168h"},
      {R"("timeouts": {"idle": true})", "timeouts.idle: must be a string, not true or false"},
      {R"("timeouts": {"idle_for": "10m"})", "timeouts.idle_for: must be an object, not a string"},
      {R"("timeouts": {"idle_for": {"agents": "10m"}})",
       R"(timeouts.idle_for.agents: this path prefix must begin with "/", such as "/agents/")"},
      {R"("timeouts": {"idle_for": {"/agents/": 600}})",
       R"(timeouts.idle_for["/agents/"]: needs a unit (ms, s, m or h); did you mean "600s"?)"},
      {R"("timeouts": {"idle_for": {"/agents/": "0s"}})", R"(timeouts.idle_for["/agents/"]: must be from 1ms to 168h)"},
      {R"("health_check": {"interval": "9ms"})", "health_check.interval: must be from 10ms to 1h"},
      {R"("health_check": {"rise": 0})", "health_check.rise: must be a whole number from 1 to 100"},
      {R"("limits": {"head_bytes": 65536})",
       R"(limits.head_bytes: needs a unit (B, KiB, MiB or GiB); did you mean "64KiB"?)"},
      {R"("limits": {"head_bytes": "64KB"})",
       R"(limits.head_bytes: must be a whole number with a unit (B, KiB, MiB or GiB), such as "64KiB")"},
      {R"("limits": {"header_count": "128B"})", "limits.header_count: must be a number, not a string"},
      {R"("forwarded": {"trusted_proxies": "10.0.0.0/8"})",
       "forwarded.trusted_proxies: must be a list, not a string; put [ ] around it"},
      {R"("forwarded": {"trusted_proxies": ["10.0.0.0/8", "10.0.0.1/8"]})",
       R"(forwarded.trusted_proxies[1]: "10.0.0.1/8" has bits set behind its /8; did you mean "10.0.0.0/8"?)"},
      {R"("forwarded": {"server_name": "lb1:443"})",
       R"(forwarded.server_name: must be a host name without a port, such as "lb1.example.com")"},
      {R"("access_log": {"path": null})", "access_log.path: must be a string, not null"},
      {R"("access_log": "off")", "access_log: must be an object, not a string"},
      {R"("backend_tls": {"ca": ""})", "backend_tls.ca: must be a file's path"},
      {R"("backend_tls": {"server_name": "ops:443"})",
       R"(backend_tls.server_name: must be a host name without a port, such as "lb1.example.com")"},
      {R"("backend_tls": {"verfy": true})", R"(backend_tls.verfy: unknown key; did you mean "verify"?)"},
      {R"("$schema": 1)", "$schema: must be a string, not a number"},
  }));
  CHECK_THAT(errors_of(with(keys)), Equals(std::vector{error}));
}

TEST_CASE("one wrong value of TLS gives one error, at its path") {
  const auto [keys, error] = GENERATE(table<std::string, std::string>({
      {R"("tls": {"key": "b"})", "tls.certificate: is missing; this key is required"},
      {R"("tls": {"certificate": "a"})", "tls.key: is missing; this key is required"},
      {R"("tls": {"certificate": "a", "key": null})", "tls.key: must be a string, not null"},
      {R"("tls": {"certificate": "a", "key": "b", "certificates": [{"certificate": "c"}]})",
       "tls.certificates[0].key: is missing; this key is required"},
      {R"("tls": {"certificate": "a", "key": "b", "min_version": "1.1"})",
       R"(tls.min_version: must be one of "1.2", "1.3"; did you mean "1.2"?)"},
      {R"("tls": {"certificate": "a", "key": "b", "hsts": "1500ms"})",
       "tls.hsts: is counted in whole seconds; write it in s, m or h"},
      {R"("tls": {"certificate": "a", "key": "b", "hsts": 300})",
       R"(tls.hsts: needs a unit (ms, s, m or h); did you mean "300s"?)"},
      {R"("tls": {"certificate": "a", "key": "b", "hsts": "175201h"})", "tls.hsts: must be from 0s to 175200h"},
      {R"("tls": "on")", "tls: must be an object, not a string"},
      {R"("redirect_to": "ops.example.com")", R"(redirect_to: must be a URL; did you mean "http://ops.example.com"?)"},
      {R"("redirect_to": "https://ops.example.com/mms")",
       "redirect_to: must end after the host and port, because every request's own path is put there; remove \"/mms\""},
  }));
  CHECK_THAT(errors_of(with_listener(R"("bind": "127.0.0.1:80", )" + keys)),
             Equals(std::vector{"listeners[0]." + error}));
}

TEST_CASE("an unknown key is told the nearest known one, or all that there are") {
  CHECK_THAT(
      errors_of(with_listener(R"("bind": "127.0.0.1:80", "proxy_protocl": true)")),
      Equals(std::vector<std::string>{R"(listeners[0].proxy_protocl: unknown key; did you mean "proxy_protocol"?)"}));
  CHECK_THAT(errors_of(with(R"("Balance": "source_ip")")),
             Equals(std::vector<std::string>{R"(Balance: unknown key; did you mean "balance"?)"}));
  CHECK_THAT(errors_of(with(R"("log": {"file": "x"})")),
             Equals(std::vector<std::string>{R"(log.file: unknown key; known here are "path", "level")"}));
}

TEST_CASE("whatever asks for a cache is refused with the reason, wherever it stands") {
  const auto [text, path] = GENERATE(table<std::string, std::string>({
      {with(R"("cache": true)"), "cache"},
      {with(R"("cache": {"size": "1GiB"})"), "cache"},
      {with(R"("caching": false)"), "caching"},
      {with(R"("cache_control": null)"), "cache_control"},
      {with(R"("timeouts": {"cache_ttl": "1h"})"), "timeouts.cache_ttl"},
      {with(R"("timeouts": {"idle_for": {"cache": "1h"}})"), "timeouts.idle_for.cache"},
      {with_listener(R"("bind": "127.0.0.1:80", "cache": {})"), "listeners[0].cache"},
      {with_backends(R"({"url": "http://ops1", "cache_": 1})"), "backends[0].cache_"},
      {with(R"("Cache": "off")"), "Cache"},
      {with(R"("CACHING": true)"), "CACHING"},
      {with(R"("cached": [])"), "cached"},
      {with(R"("proxy_cache": 0)"), "proxy_cache"},
      {with(R"("cache-size": "1GiB")"), "cache-size"},
      {with(R"("limits": {"cachesize": 1})"), "limits.cachesize"},
      {with(R"("log": {"enableCaching": false})"), "log.enableCaching"},
      {with(R"("health_check": {"use cache": 1})"), R"(health_check["use cache"])"},
      {with_listener(R"("bind": "127.0.0.1:80", "ResponseCache": {})"), "listeners[0].ResponseCache"},
      {with(R"("admin": {"bind": "off", "cache": true})"), "admin.cache"},
  }));
  CHECK_THAT(errors_of(text),
             Equals(std::vector{path + ": Ops Manager requires that its load balancer returns no cached content, so "
                                       "opslb has no cache to turn on; remove this key"}));
}

TEST_CASE("no key that opslb has asks for a cache, and neither does a path with that word") {
  for (const auto& key : list_keys()) {
    CAPTURE(key.path);
    CHECK_FALSE(asks_for_caching(key.path));
  }
  CHECK_THAT(errors_of(with(R"("timeouts": {"idle_for": {"/cache/": "1h"}})")), Catch::Matchers::IsEmpty());
}

TEST_CASE("all errors are found at once, in the order of the file, each at its own place") {
  const auto result = load(
      "{\n  // a comment\n  \"listeners\": [\n    {\"bind\": \"80\", \"proxy_protocl\": true}\n  ],\n"
      "  \"workers\": 2, \"workers\": 3,\n  \"backends\": [{}],\r\n  \"timeouts\": {\"idle\":\n 7}\n}\n");
  CHECK_FALSE(result.value);
  using place = std::tuple<std::size_t, std::size_t, std::string>;
  std::vector<place> places;
  for (const auto& problem : result.problems) places.emplace_back(problem.line, problem.column, problem.path);
  CHECK_THAT(places, Equals(std::vector<place>{
                         {4, 14, "listeners[0].bind"},
                         {4, 20, "listeners[0].proxy_protocl"},
                         {6, 17, "workers"},
                         {7, 16, "backends[0].url"},
                         {9, 2, "timeouts.idle"},
                     }));
}

TEST_CASE("what is no configuration at all is one clear error") {
  struct row {
    std::string text;
    std::size_t line, column;
    std::string message;
  };
  const auto [text, line, column, message] = GENERATE(values<row>({
      {"", 1, 1, "the file is empty"},
      {" \n\t\r\n", 1, 1, "the file is empty"},
      {"// nothing here\n", 2, 1, "the file ends here; expected a value"},
      {" [1]", 1, 2, "the file must hold one object, { … }, not a list"},
      {"\"text\"", 1, 1, "not a string"},
      {"{\n\"a\xFF\": 1}", 2, 3, "this is not UTF-8 text; save the file in UTF-8"},
      {std::string("\xFF\xFE{\0}", 5), 1, 1, "this is not UTF-8 text; save the file in UTF-8"},
      {std::string("{}\n{\0}", 6), 2, 2, "there is a NUL byte here"},
      {"{\"listeners\": [}", 1, 16, R"(expected a value or "]", found "}")"},
      {std::string(1024 * 1024 + 1, ' '), 0, 0, "is larger than 1 MiB"},
  }));
  const auto result = load(text);
  CHECK_FALSE(result.value);
  REQUIRE(result.problems.size() == 1);
  CHECK(result.problems[0].line == line);
  CHECK(result.problems[0].column == column);
  CHECK_THAT(result.problems[0].message, ContainsSubstring(message));
}

TEST_CASE("a byte order mark and CRLF line ends do no harm") {
  CHECK(loaded("\xEF\xBB\xBF" + with("\r\n\"workers\": 2\r\n")).workers == 2);
}

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

TEST_CASE("a problem is described as compilers do it") {
  CHECK(describe({3, 14, "listeners[0].bind", "must be so"}, "opslb.json") ==
        "opslb.json:3:14: listeners[0].bind: must be so");
  CHECK(describe({1, 1, "", "the file is empty"}, "a b.json") == "a b.json:1:1: the file is empty");
  CHECK(describe({0, 0, "", "cannot be opened"}, "opslb.json") == "opslb.json: cannot be opened");
}
