#include "headers/framing.hpp"

#include <catch2/catch_all.hpp>
#include <string>

#include "messages.hpp"

namespace opslb::headers {
namespace {

using test::get_with;
using test::request;
using test::response;

std::string post_with(std::string_view lines) { return "POST" + get_with(lines).substr(3); }

TEST_CASE("a body is as long as one unambiguous field says", "[framing]") {
  const auto [lines, kind, length] = GENERATE(table<std::string, body_kind, std::uint64_t>({
      {"", body_kind::none, 0},
      {"Content-Length: 0\r\n", body_kind::none, 0},
      {"Content-Length: 42\r\n", body_kind::length, 42},
      {"content-length: \t9223372036854775807 \r\n", body_kind::length, 9223372036854775807U},
      {"Transfer-Encoding: chunked\r\n", body_kind::chunked, 0},
      {"transfer-encoding: CHUNKED\r\n", body_kind::chunked, 0},
  }));
  CAPTURE(lines);
  const request got(post_with(lines));
  REQUIRE(got.why.status == 0);
  CHECK(got.facts.body.kind == kind);
  CHECK(got.facts.body.length == length);
  CHECK(got.facts.has_content_length == (lines.starts_with("C") || lines.starts_with("c")));
}

const char* const ambiguous_framing[] = {
    "Content-Length: 5\r\nContent-Length: 5\r\n",
    "Content-Length: 5\r\nContent-Length: 6\r\n",
    "Content-Length: 5, 5\r\n",
    "Content-Length: 5,\r\n",
    "Content-Length: +5\r\n",
    "Content-Length: -5\r\n",
    "Content-Length: -0\r\n",
    "Content-Length: 0x5\r\n",
    "Content-Length: 5.0\r\n",
    "Content-Length: 1e1\r\n",
    "Content-Length: 5 5\r\n",
    "Content-Length: \"5\"\r\n",
    "Content-Length: five\r\n",
    "Content-Length:\r\n",
    "Content-Length: 9223372036854775808\r\n",
    "Content-Length: 18446744073709551615\r\n",
    "Content-Length: 18446744073709551617\r\n",
    "Content-Length: 99999999999999999999999999\r\n",
    "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
    "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n",
    "Transfer-Encoding: gzip\r\nContent-Length: 5\r\n",
    "Transfer-Encoding: gzip, chunked\r\nContent-Length: 5\r\n",
    "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
    "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n",
    "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
    "Transfer-Encoding:\r\n",
    "Transfer-Encoding: identity\r\n",
    "Transfer-Encoding: gzip\r\n",
    "Transfer-Encoding: xchunked\r\n",
    "Transfer-Encoding: chunkedx\r\n",
    "Transfer-Encoding: chunked;q=1\r\n",
    "Transfer-Encoding: \"chunked\"\r\n",
    "Transfer-Encoding: chunked, chunked\r\n",
    "Transfer-Encoding: chunked, gzip\r\n",
    "Transfer-Encoding: chunked, gzip, chunked\r\n",
    "Transfer-Encoding: chunked;a=b, chunked\r\n",
    "Transfer-Encoding: ,chunked\r\n",
    "Transfer-Encoding: chunked,\r\n",
    "Transfer-Encoding: gzip,,chunked\r\n",
    "Transfer-Encoding: gz ip, chunked\r\n",
    "Transfer-Encoding: gzip;, chunked\r\n",
    "Transfer-Encoding: \x0Bchunked\r\n",
    "Transfer-Encoding: ch\xC3\xBCnked\r\n",
};

TEST_CASE("ambiguous framing of a request is 400", "[framing]") {
  const auto* const lines = GENERATE(from_range(std::begin(ambiguous_framing), std::end(ambiguous_framing)));
  CAPTURE(lines);
  CHECK(request(post_with(lines)).why.status == 400);
}

TEST_CASE("ambiguous framing of a response is 502", "[framing]") {
  const auto* const lines = GENERATE(from_range(std::begin(ambiguous_framing), std::end(ambiguous_framing)));
  const auto asked = GENERATE(method::get, method::head);
  CAPTURE(lines);
  CHECK(response("HTTP/1.1 200 OK\r\n" + std::string(lines) + "\r\n", asked).why.status == 502);
}

TEST_CASE("a list of other codings that ends in chunked is 501, from a backend 502", "[framing]") {
  const std::string lines =
      GENERATE("Transfer-Encoding: gzip, chunked\r\n", "Transfer-Encoding: gzip,deflate , Chunked\r\n",
               "Transfer-Encoding: foo;a=b;c=d, chunked\r\n");
  CAPTURE(lines);
  CHECK(request(post_with(lines)).why.status == 501);
  CHECK(response("HTTP/1.1 200 OK\r\n" + lines + "\r\n").why.status == 502);
}

TEST_CASE("nobody may send Transfer-Encoding in HTTP/1.0", "[framing]") {
  CHECK(request("POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n").why.status == 400);
  CHECK(request("POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n").why.status == 400);
  CHECK(response("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").why.status == 502);
}

TEST_CASE("Host is there once in HTTP/1.1 and well-formed always", "[framing]") {
  const auto [head, status] = GENERATE(table<std::string, unsigned>({
      {"GET / HTTP/1.1\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost:\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400},
      {"GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a:99999\r\n\r\n", 400},
      {"GET / HTTP/1.0\r\nHost: a/b\r\n\r\n", 400},
      {"GET http://a/ HTTP/1.1\r\n\r\n", 400},
      {"GET http://a/ HTTP/1.1\r\nHost: b/\r\n\r\n", 400},
      {"GET http://a/ HTTP/1.0\r\n\r\n", 0},
      {"GET / HTTP/1.0\r\n\r\n", 0},
      {"GET / HTTP/1.1\r\nhost: [::1]:80\r\n\r\n", 0},
  }));
  CAPTURE(head);
  CHECK(request(head).why.status == status);
}

TEST_CASE("the host is the one in the target, else the field", "[framing]") {
  CHECK(request("GET http://a:1/ HTTP/1.1\r\nHost: b:2\r\n\r\n").facts.host.text == "a:1");
  CHECK(request("GET / HTTP/1.1\r\nHost: b:2\r\n\r\n").facts.host.text == "b:2");
  CHECK(request("GET / HTTP/1.0\r\n\r\n").facts.host.text.empty());
}

TEST_CASE("a malformed target is 400", "[framing]") {
  const auto* const target = GENERATE("*", "foo", "ftp://h/", "http://u@h/", "http:///");
  CHECK(request("GET " + std::string(target) + " HTTP/1.1\r\nHost: h\r\n\r\n").why.status == 400);
}

TEST_CASE("CONNECT and TRACE are 405, other methods are the backend's affair", "[framing]") {
  CHECK(request("CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n").why.status == 405);
  CHECK(request("CONNECT / HTTP/1.1\r\nHost: h\r\n\r\n").why.status == 405);
  CHECK(request("TRACE / HTTP/1.1\r\nHost: h\r\n\r\n").why.status == 405);
  CHECK(request("trace / HTTP/1.1\r\nHost: h\r\n\r\n").why.status == 0);
  CHECK(request("BREW / HTTP/1.1\r\nHost: h\r\n\r\n").why.status == 0);
}

TEST_CASE("only one expectation is understood, and HTTP/1.0 has none", "[framing]") {
  CHECK(request(post_with("Expect: 100-Continue\r\nContent-Length: 1\r\n")).facts.expects_continue);
  CHECK(request(post_with("Expect: 200-ok\r\n")).why.status == 417);
  CHECK(request(post_with("Expect: 100-continue, x\r\n")).why.status == 417);
  CHECK(request(post_with("Expect: 100-continue\r\nExpect: x\r\n")).why.status == 417);
  CHECK(request(post_with("Expect:\r\n")).why.status == 417);
  const request old("POST / HTTP/1.0\r\nExpect: 100-continue\r\nExpect: x\r\n\r\n");
  CHECK(old.why.status == 0);
  CHECK_FALSE(old.facts.expects_continue);
}

TEST_CASE("a connection is kept as RFC 9112 9.3 has it", "[framing]") {
  const auto [version, lines, kept] = GENERATE(table<std::string, std::string, bool>({
      {"1.1", "", true},
      {"1.1", "Connection: close\r\n", false},
      {"1.1", "Connection: CLOSE\r\n", false},
      {"1.1", "Connection: x, close\r\n", false},
      {"1.1", "Connection: keep-alive\r\nConnection: close\r\n", false},
      {"1.1", "Connection:\r\n", true},
      {"1.1", "Connection: , ,close,\r\n", false},
      {"1.0", "", false},
      {"1.0", "Connection: Keep-Alive\r\n", true},
      {"1.0", "Connection: keep-alive, close\r\n", false},
      {"1.0", "Proxy-Connection: keep-alive\r\n", false},
  }));
  CAPTURE(version, lines);
  CHECK(request("GET / HTTP/" + version + "\r\nHost: h\r\n" + lines + "\r\n").facts.keep_alive == kept);
  CHECK(response("HTTP/" + version + " 204 N\r\n" + lines + "\r\n").facts.keep_alive == kept);
}

TEST_CASE("a malformed or endless Connection is refused", "[framing]") {
  std::string many = "Connection: a0";
  for (int i = 1; i < 65; ++i) many += ", a" + std::to_string(i);
  const std::string lines = GENERATE_COPY(std::string("Connection: a b\r\n"), std::string("Connection: \"close\"\r\n"),
                                          std::string("Connection: close;x\r\n"),
                                          std::string("Connection: close\r\nConnection: @\r\n"), many + "\r\n");
  CAPTURE(lines);
  CHECK(request(get_with(lines)).why.status == 400);
  CHECK(response("HTTP/1.1 200 OK\r\n" + lines + "\r\n").why.status == 502);
}

TEST_CASE("an upgrade is asked for by both fields, without a body, and never to HTTP or TLS", "[framing]") {
  const auto [lines, upgrade] = GENERATE(table<std::string, std::string>({
      {"Connection: Upgrade\r\nUpgrade: websocket\r\n", "websocket"},
      {"Connection: keep-alive, upgrade\r\nUpgrade: a/1, b\r\n", "a/1, b"},
      {"Connection: upgrade\r\nUpgrade: websocket\r\nContent-Length: 0\r\n", "websocket"},
      {"Upgrade: websocket\r\n", ""},
      {"Connection: upgrade\r\n", ""},
      {"Connection: upgrade\r\nUpgrade:\r\n", ""},
      {"Connection: upgrade\r\nUpgrade: h2c\r\n", ""},
      {"Connection: upgrade\r\nUpgrade: websocket, H2C\r\n", ""},
      {"Connection: upgrade\r\nUpgrade: h2c/1\r\n", ""},
      {"Connection: upgrade\r\nUpgrade: h2\r\n", ""},
      {"Connection: upgrade\r\nUpgrade: H2, websocket\r\n", ""},
      {"Connection: upgrade\r\nUpgrade: h2/1\r\n", ""},
      {"Connection: upgrade\r\nUpgrade: HTTP/2.0\r\n", ""},
      {"Connection: upgrade\r\nUpgrade: websocket, http/1.1\r\n", ""},
      {"Connection: upgrade\r\nUpgrade: HTTP\r\n", ""},
      {"Connection: upgrade\r\nUpgrade: hTTp/3\r\n", ""},
      {"Connection: upgrade\r\nUpgrade: TLS/1.0\r\n", ""},
      {"Connection: upgrade\r\nUpgrade: tls/1.2, websocket\r\n", ""},
      {"Connection: upgrade\r\nUpgrade: websocket,,\tTls/1.3\r\n", ""},
      {"Connection: upgrade\r\nUpgrade: h2o, https, x/HTTP, mytls/1\r\n", "h2o, https, x/HTTP, mytls/1"},
      {"Connection: upgrade\r\nUpgrade: a b\r\n", ""},
      {"Connection: upgrade\r\nUpgrade: a/\r\n", ""},
      {"Connection: upgrade\r\nUpgrade: websocket\r\nUpgrade: h2c\r\n", ""},
      {"Connection: upgrade\r\nUpgrade: h2c\r\nUpgrade: websocket\r\n", ""},
      {"Connection: upgrade\r\nUpgrade: websocket\r\nContent-Length: 1\r\n", ""},
      {"Connection: upgrade\r\nUpgrade: websocket\r\nTransfer-Encoding: chunked\r\n", ""},
  }));
  CAPTURE(lines);
  const request got(get_with(lines));
  CHECK(got.why.status == 0);
  CHECK(got.facts.upgrade == upgrade);
}

TEST_CASE("HTTP/1.0 has no upgrade", "[framing]") {
  CHECK(request("GET / HTTP/1.0\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n").facts.upgrade.empty());
}

TEST_CASE("trailers are taken by those who say so", "[framing]") {
  CHECK(request(get_with("TE: trailers\r\n")).facts.accepts_trailers);
  CHECK(request(get_with("TE: deflate;q=0.5, Trailers\r\n")).facts.accepts_trailers);
  CHECK_FALSE(request(get_with("TE: deflate\r\n")).facts.accepts_trailers);
  CHECK_FALSE(request(get_with("")).facts.accepts_trailers);
  CHECK_FALSE(request("GET / HTTP/1.0\r\nTE: trailers\r\n\r\n").facts.accepts_trailers);
}

TEST_CASE("Max-Forwards counts for OPTIONS", "[framing]") {
  const auto options = [](const std::string& lines) { return "OPTIONS * HTTP/1.1\r\nHost: h\r\n" + lines + "\r\n"; };
  CHECK(request(options("")).facts.max_forwards == -1);
  CHECK(request(options("Max-Forwards: 0\r\n")).facts.max_forwards == 0);
  CHECK(request(options("Max-Forwards: 7\r\n")).facts.max_forwards == 7);
  CHECK(request(options("Max-Forwards: 99999999999\r\n")).facts.max_forwards == std::numeric_limits<int>::max());
  CHECK(request(options("Max-Forwards: -1\r\n")).why.status == 400);
  CHECK(request(options("Max-Forwards: 1\r\nMax-Forwards: 1\r\n")).why.status == 400);
  CHECK(request(get_with("Max-Forwards: x\r\n")).facts.max_forwards == -1);
}

TEST_CASE("a request that was here before is 508", "[framing]") {
  const std::string name(test::lb_name);
  CHECK(request(get_with("Via: 1.1 " + name + "\r\n")).why.status == 508);
  CHECK(request(get_with("Via: 1.1 a\r\nVia: 1.0 b, HTTP/1.1 LB.Example.com:80 (x), 1.1 c\r\n")).why.status == 508);
  CHECK(request(get_with("Via: 1.1 a (1.1 " + name + ")\r\n")).why.status == 0);
  CHECK(request(get_with("Via: 1.1 x" + name + ", 1.1 " + name + "x\r\n")).why.status == 0);
}

TEST_CASE("a response's body follows from the request, the status and the fields", "[framing]") {
  const auto [head, asked, kind] = GENERATE(table<std::string, method, body_kind>({
      {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n", method::get, body_kind::length},
      {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n", method::get, body_kind::none},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n", method::get, body_kind::chunked},
      {"HTTP/1.1 200 OK\r\n", method::get, body_kind::until_close},
      {"HTTP/1.1 200 OK\r\n", method::head, body_kind::none},
      {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n", method::head, body_kind::none},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n", method::head, body_kind::none},
      {"HTTP/1.1 304 N\r\nContent-Length: 5\r\n", method::get, body_kind::none},
      {"HTTP/1.1 204 N\r\nContent-Length: 0\r\n", method::get, body_kind::none},
      {"HTTP/1.1 205 R\r\nContent-Length: 0\r\n", method::post, body_kind::none},
      {"HTTP/1.1 205 R\r\nContent-Length: 3\r\n", method::post, body_kind::length},
      {"HTTP/1.1 103 E\r\nLink: x\r\n", method::get, body_kind::none},
  }));
  CAPTURE(head);
  const response got(head + "\r\n", asked);
  REQUIRE(got.why.status == 0);
  CHECK(got.facts.body.kind == kind);
  CHECK(got.facts.keep_alive == (kind != body_kind::until_close));
}

TEST_CASE("the Content-Length of a bodiless answer is remembered, but for 1xx and 204", "[framing]") {
  CHECK(response("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", method::head).facts.content_length == 5);
  CHECK(response("HTTP/1.1 304 N\r\nContent-Length: 5\r\n\r\n").facts.has_content_length);
  CHECK_FALSE(response("HTTP/1.1 204 N\r\nContent-Length: 0\r\n\r\n").facts.has_content_length);
  CHECK_FALSE(response("HTTP/1.1 100 C\r\nContent-Length: 0\r\n\r\n").facts.has_content_length);
}

TEST_CASE("a body where the status allows none is refused", "[framing]") {
  const auto* const status = GENERATE("100", "103", "101", "204");
  const auto* const line = GENERATE("Content-Length: 1", "Transfer-Encoding: chunked");
  const response got("HTTP/1.1 " + std::string(status) + " X\r\n" + line + "\r\n\r\n", method::get, true);
  CHECK(got.why.status == 502);
}

TEST_CASE("protocols are switched only when asked", "[framing]") {
  const std::string head = "HTTP/1.1 101 S\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n";
  CHECK(response(head).why.status == 502);
  const response asked(head, method::get, true);
  CHECK(asked.why.status == 0);
  CHECK(asked.facts.switches_protocols);
  CHECK_FALSE(asked.facts.interim);
  CHECK(response("HTTP/1.1 103 E\r\n\r\n").facts.interim);
}

TEST_CASE("fields that only reports name are noted, of a refused request too", "[framing]") {
  const auto* const first = GENERATE("GET / HTTP/1.1", "CONNECT a:1 HTTP/1.1", "GET # HTTP/1.1");
  const request got(std::string(first) +
                    "\r\nHost: a\r\nUser-Agent: agent\r\nReferer: /from\r\nTraceParent: 00-1\r\nAccept: */*\r\n"
                    "X-Request-Id: r\r\nx-real_ip: 1\r\n\r\n");
  if (got.parsed.state != parse_state::complete) return;  // the parser itself refuses it: nothing of it is believed
  CHECK(got.facts.noted.user_agent == "agent");
  CHECK(got.facts.noted.referer == "/from");
  CHECK(got.facts.noted.traceparent == "00-1");
  CHECK(got.facts.noted.accept);
  CHECK(got.facts.noted.request_id);
  CHECK(got.facts.noted.identity);
}

TEST_CASE("nothing is noted that is not there", "[framing]") {
  const request got("GET / HTTP/1.1\r\nHost: a\r\nX-Other: 1\r\nVia: 1.1 b\r\n\r\n");
  CHECK(got.facts.noted.user_agent.empty());
  CHECK(got.facts.noted.traceparent.empty());
  CHECK_FALSE((got.facts.noted.accept || got.facts.noted.request_id || got.facts.noted.identity));
}

}  // namespace
}  // namespace opslb::headers
