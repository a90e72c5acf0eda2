#include "headers/forwarded.hpp"

#include <catch2/catch_all.hpp>
#include <string>

#include "messages.hpp"

namespace opslb::headers {
namespace {

using test::get_with;
using test::request;

peer from(const std::string& client, bool tls = false, const std::string& local = "192.0.2.80") {
  return {.client = {*ip_address::parse(client), 5555},
          .client_text = client,
          .local = {*ip_address::parse(local), 8080},
          .tls = tls};
}

forwarding_rules trusting(const std::vector<std::string>& blocks) {
  forwarding_rules rules;
  rules.server_name = test::lb_name;
  for (const auto& block : blocks) rules.trusted_proxies.push_back(*network::parse(block));
  return rules;
}

/// The client that a request with these lines is found to have, coming from 10.0.0.1 where 10/8 and fd00::/8 are trusted.
std::string client_of(const std::string& lines, const std::string& peer_address = "10.0.0.1") {
  const request got(get_with(lines));
  REQUIRE(got.why.status == 0);
  identity who;
  const auto connection = from(peer_address);
  identify(got.head, got.facts, connection, trusting({"10.0.0.0/8", "fd00::/8"}), who);
  CHECK(who.client_text == who.client.to_string());
  return std::string(who.client_text);
}

TEST_CASE("without trust nothing that the client sent counts", "[forwarded]") {
  const request got(
      get_with("X-Forwarded-For: 1.1.1.1\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: evil:1\r\n"
               "X-Forwarded-Port: 2\r\nX-Proxied-Https: on\r\nForwarded: for=1.1.1.1\r\n"));
  identity who;
  const auto connection = from("203.0.113.7");
  identify(got.head, got.facts, connection, trusting({"10.0.0.0/8"}), who);
  CHECK(who.client_text == "203.0.113.7");
  CHECK(who.host == "h");
  CHECK(who.port == 80);
  CHECK_FALSE(who.https);
}

TEST_CASE("the chain is walked from the right to the first address that is not trusted", "[forwarded]") {
  const auto [lines, client] = GENERATE(table<std::string, std::string>({
      {"", "10.0.0.1"},
      {"X-Forwarded-For: 203.0.113.9\r\n", "203.0.113.9"},
      {"X-Forwarded-For: 6.6.6.6, 203.0.113.9\r\n", "203.0.113.9"},
      {"X-Forwarded-For: 6.6.6.6, 203.0.113.9, 10.0.0.2\r\n", "203.0.113.9"},
      {"X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-For: 203.0.113.9,10.0.0.2\r\n", "203.0.113.9"},
      {"X-Forwarded-For: 6.6.6.6,203.0.113.9\r\nX: y\r\nX-Forwarded-For:10.0.0.2\r\n", "203.0.113.9"},
      {"X-Forwarded-For: 10.9.9.9, 10.0.0.2\r\n", "10.9.9.9"},
      {"X-Forwarded-For: 10.9.9.9\r\nX-Forwarded-For: 10.0.0.2\r\n", "10.9.9.9"},
      // Ports are dropped, and IPv6 comes in many forms.
      {"X-Forwarded-For: 203.0.113.9:1234\r\n", "203.0.113.9"},
      {"X-Forwarded-For: 2001:db8::9\r\n", "2001:db8::9"},
      {"X-Forwarded-For: [2001:DB8:0::9]\r\n", "2001:db8::9"},
      {"X-Forwarded-For: [2001:db8::9]:80, fd00::1, [fd00::2]:9\r\n", "2001:db8::9"},
      {"X-Forwarded-For: ::ffff:203.0.113.9\r\n", "203.0.113.9"},
      {"X-Forwarded-For: 203.0.113.9, ::ffff:10.0.0.2\r\n", "203.0.113.9"},
      // A malformed element ends the walk at the hop to its right.
      {"X-Forwarded-For: unknown\r\n", "10.0.0.1"},
      {"X-Forwarded-For: 203.0.113.9, unknown, 10.0.0.2\r\n", "10.0.0.2"},
      {"X-Forwarded-For: 203.0.113.9, , 10.0.0.2\r\n", "10.0.0.2"},
      {"X-Forwarded-For: 203.0.113.9,\r\n", "10.0.0.1"},
      {"X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-For:\r\n", "10.0.0.1"},
      {"X-Forwarded-For: \"203.0.113.9\"\r\n", "10.0.0.1"},
      {"X-Forwarded-For: 203.0.113.9:99999\r\n", "10.0.0.1"},
      {"X-Forwarded-For: 203.0.113.9:\r\n", "10.0.0.1"},
      {"X-Forwarded-For: 203.0.113.9:80x\r\n", "10.0.0.1"},
      {"X-Forwarded-For: [203.0.113.9]\r\n", "10.0.0.1"},
      {"X-Forwarded-For: [2001:db8::9\r\n", "10.0.0.1"},
      {"X-Forwarded-For: [2001:db8::9]80\r\n", "10.0.0.1"},
      {"X-Forwarded-For: 203.0.113.09\r\n", "10.0.0.1"},
      {"X-Forwarded-For: 203.0.113.9 10.0.0.2\r\n", "10.0.0.1"},
      {"X-Forwarded-For: fe80::1%eth0\r\n", "10.0.0.1"},
      {"X-Forwarded-For: _hidden, 203.0.113.9\r\n", "203.0.113.9"},
      // Only the field itself counts.
      {"X_Forwarded_For: 203.0.113.9\r\nForwarded: for=203.0.113.9\r\nX-Real-IP: 203.0.113.9\r\n", "10.0.0.1"},
  }));
  CAPTURE(lines);
  CHECK(client_of(lines) == client);
}

TEST_CASE("a peer that is not trusted is the client, whatever it says", "[forwarded]") {
  CHECK(client_of("X-Forwarded-For: 203.0.113.9\r\n", "192.0.2.5") == "192.0.2.5");
  CHECK(client_of("X-Forwarded-For: 10.0.0.2\r\n", "2001:db8::5") == "2001:db8::5");
}

struct expected {
  std::string lines;
  bool https;
  std::string host;
  int port;
};

TEST_CASE("scheme, host and port are the trusted proxy's, else the request's own", "[forwarded]") {
  const auto want = GENERATE(values<expected>({
      {"", false, "h", 80},
      {"X-Forwarded-Proto: https\r\n", true, "h", 443},
      {"X-Forwarded-Proto: HTTPS, http\r\n", true, "h", 443},
      {"X-Forwarded-Proto: wss\r\n", true, "h", 443},
      {"X-Forwarded-Proto: ws\r\n", false, "h", 80},
      {"X-Forwarded-Proto: http\r\nX-Forwarded-Proto: https\r\n", false, "h", 80},
      {"X-Forwarded-Proto: gopher\r\nX-Forwarded-Proto: https\r\n", false, "h", 80},
      {"X-Forwarded-Proto: \"https\"\r\n", false, "h", 80},
      {"X-Proxied-Https: on\r\n", true, "h", 443},
      {"X-Proxied-Https: True\r\n", true, "h", 443},
      {"X-Proxied-Https: yes\r\n", false, "h", 80},
      {"X-Forwarded-Proto: http\r\nX-Proxied-Https: on\r\n", false, "h", 80},
      {"X-Forwarded-Proto: ?\r\nX-Proxied-Https: on\r\n", true, "h", 443},
      {"X-Forwarded-Host: o.example.com\r\n", false, "o.example.com", 80},
      {"X-Forwarded-Host: o.example.com:81, evil\r\n", false, "o.example.com:81", 81},
      {"X-Forwarded-Host: [::1]:81\r\nX-Forwarded-Port: 99\r\n", false, "[::1]:81", 81},
      {"X-Forwarded-Host: u@o\r\nX-Forwarded-Host: p\r\n", false, "h", 80},
      {"X-Forwarded-Port: 8443\r\n", false, "h", 8443},
      {"X-Forwarded-Port: 8443, 1\r\nX-Forwarded-Proto: https\r\n", true, "h", 8443},
      {"X-Forwarded-Port: 0\r\n", false, "h", 80},
      {"X-Forwarded-Port: 65536\r\n", false, "h", 80},
      {"X-Forwarded-Port: +80\r\nX-Forwarded-Port: 81\r\n", false, "h", 80},
  }));
  CAPTURE(want.lines);
  const request got(get_with(want.lines));
  identity who;
  const auto connection = from("10.0.0.1");
  identify(got.head, got.facts, connection, trusting({"10.0.0.0/8"}), who);
  CHECK(who.https == want.https);
  CHECK(who.host == want.host);
  CHECK(who.port == want.port);
}

TEST_CASE("the connection decides the scheme where nobody says otherwise", "[forwarded]") {
  const request got("GET / HTTP/1.1\r\nHost: [::1]:8443\r\n\r\n");
  identity who;
  const auto connection = from("192.0.2.1", true);
  identify(got.head, got.facts, connection, trusting({}), who);
  CHECK(who.https);
  CHECK(who.host == "[::1]:8443");
  CHECK(who.port == 8443);
}

TEST_CASE("a trusted proxy can take https away from a connection over TLS", "[forwarded]") {
  const request got(get_with("X-Proxied-Https: off\r\n"));
  identity who;
  const auto connection = from("10.0.0.1", true);
  identify(got.head, got.facts, connection, trusting({"10.0.0.0/8"}), who);
  CHECK_FALSE(who.https);
}

TEST_CASE("HTTP/1.0 without Host gets the local address and port", "[forwarded]") {
  const request got("GET / HTTP/1.0\r\n\r\n");
  identity who;
  const auto four = from("192.0.2.1");
  identify(got.head, got.facts, four, trusting({}), who);
  CHECK(who.host == "192.0.2.80:8080");
  CHECK(who.port == 8080);
  const auto six = from("192.0.2.1", false, "2001:db8::80");
  identify(got.head, got.facts, six, trusting({}), who);
  CHECK(who.host == "[2001:db8::80]:8080");
}

}  // namespace
}  // namespace opslb::headers
