// What is wrong in a configuration file, where, and what to do about it.
#include <array>
#include <catch2/catch_all.hpp>
#include <string>
#include <tuple>

#include "proxy/config.hpp"
#include "proxy/config_keys.hpp"
#include "tests/proxy/config_text.hpp"

using namespace opslb;
using namespace opslb::tests;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::Equals;

namespace {

std::vector<std::string> errors_of(std::string_view text) {
  const auto result = load(text);
  CHECK(result.value.has_value() == result.problems.empty());
  return lines(result.problems);
}

}  // namespace

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

TEST_CASE("a problem is described as compilers do it") {
  CHECK(describe({3, 14, "listeners[0].bind", "must be so"}, "opslb.json") ==
        "opslb.json:3:14: listeners[0].bind: must be so");
  CHECK(describe({1, 1, "", "the file is empty"}, "a b.json") == "a b.json:1:1: the file is empty");
  CHECK(describe({0, 0, "", "cannot be opened"}, "opslb.json") == "opslb.json: cannot be opened");
}
