#include "proxy/validate.hpp"

#include <fmt/format.h>

#include <catch2/catch_all.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "tests/proxy/config_text.hpp"

using namespace opslb;
using namespace opslb::tests;
using Catch::Matchers::Equals;
using Catch::Matchers::IsEmpty;
using found = std::vector<std::string>;

namespace {

found errors_of(const std::string& text) { return lines(load(text).problems); }

found warnings_of(const std::string& text) {
  const auto result = load(text);
  CHECK_THAT(lines(result.problems), IsEmpty());
  return lines(result.warnings);
}

std::string repeated(int count, const std::string& pattern) {
  std::string out;
  for (int i = 1; i <= count; ++i)
    out += fmt::format("{}{}", i == 1 ? "" : ", ", fmt::format(fmt::runtime(pattern), i));
  return out;
}

}  // namespace

TEST_CASE("there is at least one listener and one backend") {
  CHECK_THAT(errors_of("{}"),
             Equals(found{R"(listeners: give at least one listener, such as {"bind": "0.0.0.0:8080"})",
                          R"(backends: give at least one backend, such as {"url": "http://ops1.example.com:8080"})"}));
  CHECK_THAT(errors_of(with_listeners("")),
             Equals(found{R"(listeners: give at least one listener, such as {"bind": "0.0.0.0:8080"})"}));
  CHECK_THAT(errors_of(with_backends("")),
             Equals(found{R"(backends: give at least one backend, such as {"url": "http://ops1.example.com:8080"})"}));
}

TEST_CASE("a list of the wrong type is not also called empty") {
  CHECK_THAT(errors_of(R"({"listeners": {"bind": "127.0.0.1:80"}, "backends": [{"url": "http://ops1"}]})"),
             Equals(found{"listeners: must be a list, not an object; put [ ] around it"}));
}

TEST_CASE("what each listener and backend needs is asked for") {
  CHECK_THAT(errors_of(with_listeners(R"({"name": "x"})")),
             Equals(found{"listeners[0].bind: is missing; this key is required"}));
  CHECK_THAT(errors_of(with_backends(R"({"name": "x"})")),
             Equals(found{"backends[0].url: is missing; this key is required"}));
  CHECK_THAT(errors_of(with_backends(R"("http://ops1")")),
             Equals(found{"backends[0]: must be an object, not a string"}));
}

TEST_CASE("there are at most 64 of each") {
  const std::string listener = R"({{"bind": "127.0.0.1:{}"}})", backend = R"({{"url": "http://ops{}"}})";
  CHECK_THAT(errors_of(with_listeners(repeated(64, listener))), IsEmpty());
  CHECK_THAT(errors_of(with_listeners(repeated(65, listener))),
             Equals(found{"listeners: may have at most 64 entries"}));
  CHECK_THAT(errors_of(with_backends(repeated(64, backend))), IsEmpty());
  CHECK_THAT(errors_of(with_backends(repeated(65, backend))), Equals(found{"backends: may have at most 64 entries"}));
}

TEST_CASE("two listeners cannot have one address") {
  CHECK_THAT(
      errors_of(with_listeners(R"({"bind": "127.0.0.1:80"}, {"bind": "127.0.0.1:81"}, {"bind": "127.0.0.1:80"})")),
      Equals(found{R"(listeners[2].bind: "127.0.0.1:80" is bound by listeners[0] already; choose another port)"}));
  CHECK_THAT(
      errors_of(with_listeners(R"({"bind": "[::]:80"}, {"bind": "0.0.0.0:80"})")),
      Equals(found{
          R"(listeners[1].bind: "0.0.0.0:80" is bound by listeners[0] already ("[::]" takes IPv4 connections, too); )"
          "choose another port"}));
  CHECK_THAT(errors_of(with_listeners(R"({"bind": "[::]:80"}, {"bind": "127.0.0.1:80"}, {"bind": "[::1]:80"})")),
             IsEmpty());
}

TEST_CASE("listeners on ports that the kernel picks need names to tell them apart") {
  CHECK_THAT(errors_of(with_listeners(R"({"name": "a", "bind": "127.0.0.1:0"}, {"name": "b", "bind": "127.0.0.1:0"})")),
             IsEmpty());
  CHECK_THAT(errors_of(with_listeners(R"({"bind": "127.0.0.1:0"}, {"bind": "127.0.0.1:0"})")),
             Equals(found{
                 R"(listeners[1].name: "127.0.0.1:0" is used by listeners[0] already; give this one another "name")"}));
}

TEST_CASE("names of listeners differ, and so do names of backends") {
  CHECK_THAT(
      errors_of(with_listeners(R"({"name": "a", "bind": "127.0.0.1:80"}, {"name": "a", "bind": "127.0.0.1:81"})")),
      Equals(found{R"(listeners[1].name: "a" is used by listeners[0] already; give this one another "name")"}));
  CHECK_THAT(errors_of(with_backends(R"({"name": "a", "url": "http://ops1"}, {"name": "a", "url": "http://ops2"})")),
             Equals(found{R"(backends[1].name: "a" is used by backends[0] already; give this one another "name")"}));
  CHECK_THAT(
      errors_of(with_backends(R"({"url": "http://ops1"}, {"name": "ops1:80", "url": "http://ops2"})")),
      Equals(found{R"(backends[1].name: "ops1:80" is used by backends[0] already; give this one another "name")"}));
}

TEST_CASE("a host is named once, however its URL is written") {
  const auto* const second = GENERATE("http://ops1:80", "http://ops1/", "HTTP://OPS1");
  CHECK_THAT(
      errors_of(with_backends(fmt::format(R"({{"url": "http://ops1"}}, {{"url": "{}"}})", second))),
      Equals(found{
          R"(backends[1].url: "ops1:80" is used by backends[0] already; name each host once and use "weight" for its share)"}));
}

TEST_CASE("keys of the PROXY protocol without it are taken, and warned of where they say something") {
  const auto [keys, idle_keys] = GENERATE(table<std::string, found>({
      {R"("proxy_protocol_from": ["10.0.0.0/8"])", {"from"}},
      {R"("proxy_protocol": false, "proxy_protocol_from": ["10.0.0.0/8"], "proxy_protocol_others": "refuse")",
       {"from"}},
      {R"("proxy_protocol": false, "proxy_protocol_others": "direct")", {"others"}},
      {R"("proxy_protocol_from": ["10.0.0.0/8"], "proxy_protocol_others": "direct")", {"from", "others"}},
      {R"("proxy_protocol_from": [], "proxy_protocol_others": "refuse")", {}},
  }));
  found warnings;
  for (const auto& key : idle_keys) {
    warnings.push_back(
        fmt::format("listeners[0].proxy_protocol_{}: has no effect without \"proxy_protocol\": true; "
                    "add that or remove this key",
                    key));
  }
  const auto text = with_listener(R"("bind": "127.0.0.1:80", )" + keys);
  CHECK_THAT(errors_of(text), IsEmpty());
  CHECK_THAT(warnings_of(text), Equals(warnings));
}

TEST_CASE("plain clients beside the PROXY protocol need a list of the peers that speak it") {
  CHECK_THAT(
      errors_of(with_listener(R"("bind": "127.0.0.1:80", "proxy_protocol": true, "proxy_protocol_others": "direct")")),
      Equals(found{
          R"(listeners[0].proxy_protocol_others: "direct" needs "proxy_protocol_from": without it no peer is outside)"}));
}

TEST_CASE("what works but hurts is warned of, at the key that does it") {
  const auto [text, warning] = GENERATE(table<std::string, std::string>({
      {with_listener(R"("bind": "127.0.0.1:80", "proxy_protocol": true)"),
       R"(listeners[0].proxy_protocol: every peer may say which client it speaks for; list the load balancers in front in )"
       R"("proxy_protocol_from")"},
      {with(R"("health_check": {"timeout": "6s"})"),
       "health_check.timeout: a check that hangs for 6s delays the next one beyond the interval of 5s"},
      {with(R"("health_check": {"interval": "30s", "fall": 4})"),
       "health_check: a host that hangs is used for up to 2m, but Ops Manager moves monitoring to another agent after "
       "90 s of silence"},
      {with(R"("timeouts": {"backend_keep_alive": "30s"})"),
       "timeouts.backend_keep_alive: Ops Manager's Jetty closes idle connections after 30 s; stay below that"},
      {with(R"("forwarded": {"trusted_proxies": ["10.0.0.0/8", "0.0.0.0/0"]})"),
       "forwarded.trusted_proxies: trusts everyone, so that any client can choose the address Ops Manager sees; list "
       "the proxies in "
       "front only"},
      {with(R"("forwarded": {"trusted_proxies": ["::/0"]})"),
       "forwarded.trusted_proxies: trusts everyone, so that any client can choose the address Ops Manager sees; list "
       "the proxies in "
       "front only"},
  }));
  CHECK_THAT(warnings_of(text), Equals(found{warning}));
}

TEST_CASE("a warning has a place") {
  const auto result = load(
      "{\"listeners\": [{\"bind\": \"127.0.0.1:80\",\n  \"proxy_protocol\": true}],\n\"backends\": [{\"url\": "
      "\"http://a\"}]}");
  REQUIRE(result.warnings.size() == 1);
  CHECK(result.warnings[0].line == 2);
  CHECK(result.warnings[0].column == 21);
}

TEST_CASE("a plain configuration warns of nothing") {
  CHECK_THAT(warnings_of(with("")), IsEmpty());
  CHECK_THAT(warnings_of(with_listener(
                 R"("bind": "127.0.0.1:80", "proxy_protocol": true, "proxy_protocol_from": ["10.0.0.0/8"])")),
             IsEmpty());
  CHECK_THAT(warnings_of(with(R"("forwarded": {"trusted_proxies": ["10.0.0.0/10", "2001:db8::/40"]})")), IsEmpty());
}

TEST_CASE("only a file whose listeners all redirect needs no backends") {
  const auto without_backends = [](std::string_view listeners) {
    return fmt::format(R"({{"listeners": [{}]}})", listeners);
  };
  CHECK_THAT(errors_of(without_backends(R"({"bind": "127.0.0.1:80", "redirect_to": "https://ops"})")), IsEmpty());
  CHECK_THAT(errors_of(without_backends(
                 R"({"bind": "127.0.0.1:80", "redirect_to": "https://ops"}, {"bind": "127.0.0.1:81"})")),
             Equals(found{R"(backends: give at least one backend, such as {"url": "http://ops1.example.com:8080"})"}));
}

TEST_CASE("client certificates and the lists of revoked ones need the CA that signs them") {
  const auto [keys, errors] = GENERATE(table<std::string, found>({
      {R"("client_certificate": "none")", {}},
      {R"("client_certificate": "required", "client_ca": "ca.pem")", {}},
      {R"("client_certificate": "agents_only", "client_ca": "ca.pem", "crl": "ca.crl")", {}},
      {R"("client_certificate": "required")",
       {"client_certificate: needs \"client_ca\", the file with the CA certificates that sign the clients' "
        "certificates"}},
      {R"("client_certificate": "agents_only", "client_ca": null)",
       {"client_certificate: needs \"client_ca\", the file with the CA certificates that sign the clients' "
        "certificates"}},
      {R"("client_certificate": "required", "client_ca": "")", {"client_ca: must be a file's path"}},
      {R"("crl": "ca.crl")", {"crl: needs \"client_ca\", the file with the CA certificates that sign this list"}},
  }));
  found whole;
  for (const auto& error : errors) whole.push_back("listeners[0].tls." + error);
  CHECK_THAT(
      errors_of(with_listener(R"("bind": "127.0.0.1:80", "tls": {"certificate": "a", "key": "b", )" + keys + "}")),
      Equals(whole));
}

TEST_CASE("keys of TLS that say nothing are warned of") {
  const auto [keys, warning] = GENERATE(table<std::string, std::string>({
      {R"("tls": {"certificate": "a", "key": "b", "client_ca": "ca.pem"})",
       R"(tls.client_ca: has no effect with "client_certificate": "none"; set that to "agents_only" or "required")"},
      {R"("tls": {"certificate": "a", "key": "b", "client_ca": "ca.pem", "client_certificate": "agents_only"},
          "redirect_to": "https://ops")",
       R"(tls.client_certificate: "agents_only" has no effect beside "redirect_to", which needs none)"},
  }));
  CHECK_THAT(warnings_of(with_listener(R"("bind": "127.0.0.1:80", )" + keys)),
             Equals(found{"listeners[0]." + warning}));
}

TEST_CASE("a redirect must not lead back to its own listener") {
  const auto leads_back =
      found{"listeners[0].redirect_to: leads back to this very listener; write the origin that users shall go to"};
  CHECK_THAT(errors_of(with_listener(R"("bind": "127.0.0.1:8080", "redirect_to": "http://127.0.0.1:8080")")),
             Equals(leads_back));
  CHECK_THAT(errors_of(with_listener(R"("bind": "[::1]:80", "redirect_to": "HTTP://[::1]/")")), Equals(leads_back));
  CHECK_THAT(errors_of(with_listener(R"("bind": "127.0.0.1:443", "redirect_to": "https://127.0.0.1")")), IsEmpty());
  CHECK_THAT(warnings_of(with_listener(R"("bind": "0.0.0.0:80", "redirect_to": "http://ops.example.com")")),
             Equals(found{"listeners[0].redirect_to: leads to the port that this listener has itself; unless "
                          "\"ops.example.com\" is another machine, clients go in circles"}));
  CHECK_THAT(warnings_of(with_listener(R"("bind": "0.0.0.0:80", "redirect_to": "https://ops.example.com")")),
             IsEmpty());
}

TEST_CASE("what reads HTTP or speaks TLS has no place beside raw TCP, which needs hosts to lead to") {
  CHECK_THAT(errors_of(with_listener(R"("bind": "127.0.0.1:25999", "tcp_port": 25999, "proxy_protocol": true)")),
             IsEmpty());
  CHECK_THAT(
      errors_of(with_listener(R"("bind": "127.0.0.1:25999", "tcp_port": 25999,
                                        "tls": {"certificate": "a.pem", "key": "a.key"}, "redirect_to": "https://ops")")),
      Equals(found{R"(listeners[0].tls: has no place beside "tcp_port": bytes are passed on as they are, and TLS, )"
                   R"(where the hosts speak it there, is between them and their clients; remove "tls")",
                   R"(listeners[0].redirect_to: has no place beside "tcp_port", which passes bytes on without )"
                   R"(reading them; redirect on a listener of its own, and remove "redirect_to" here)"}));
  CHECK_THAT(errors_of(R"({"listeners": [{"bind": "127.0.0.1:1", "tcp_port": 1}]})"),
             Equals(found{R"(backends: give at least one backend, such as {"url": "http://ops1.example.com:8080"})"}));
}

TEST_CASE("opslb's own certificate for the hosts needs its key, and the key its certificate") {
  const auto errors = [](std::string_view keys) {
    const auto result = load(with(fmt::format(R"("backend_tls": {{{}}})", keys)));
    return lines(result.problems);
  };
  CHECK_THAT(errors(R"("certificate": "c.pem")"), Equals(found{R"(backend_tls.certificate: needs "key" beside it)"}));
  CHECK_THAT(errors(R"("key": "c.key")"), Equals(found{R"(backend_tls.key: needs "certificate" beside it)"}));
  CHECK_THAT(errors(R"("certificate": "c.pem", "key": "c.key")"), IsEmpty());
}

TEST_CASE("how backends are spoken to over TLS says nothing where none is") {
  CHECK_THAT(warnings_of(with(R"("backend_tls": {"verify": true, "ca": null})")), IsEmpty());
  CHECK_THAT(warnings_of(with(R"("backend_tls": {"verify": false})")),
             Equals(found{R"(backend_tls: has no effect, because no backend's "url" begins with https://)"}));
}
