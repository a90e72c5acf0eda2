#include "headers/rewrite.hpp"

#include <catch2/catch_all.hpp>
#include <string>

#include "messages.hpp"

namespace opslb::headers {
namespace {

using test::get_with;
using test::request;
using test::response;

const std::string request_id = "0123456789abcdef";

forwarding_rules plain_rules() {
  forwarding_rules rules;
  rules.server_name = test::lb_name;
  return rules;
}

/// The head that the backend gets for a request from 192.0.2.1.
std::string backend_head(const std::string& text, const forwarding_rules& rules = plain_rules()) {
  const request got(text);
  INFO(got.why.reason);
  REQUIRE(got.why.status == 0);
  const peer connection{.client = {*ip_address::parse("192.0.2.1"), 1},
                        .client_text = "192.0.2.1",
                        .local = {*ip_address::parse("2001:db8::80"), 8080}};
  identity who;
  identify(got.head, got.facts, connection, rules, who);
  std::string memory;
  return std::string(to_backend(got.head, got.facts, who, rules, request_id, memory));
}

/// The identity lines and the end of a head.
std::string identity_lines(const std::string& host = "h", const std::string& port = "80",
                           const std::string& via = "1.1 lb.example.com") {
  return "X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Host: " + host + "\r\nX-Forwarded-Port: " + port +
         "\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Server: lb.example.com\r\nX-Proxied-Https: off\r\nVia: " + via +
         "\r\nX-Request-Id: " + request_id + "\r\n\r\n";
}

/// A head's lines between Host and the identity lines.
std::string kept_lines(const std::string& head) {
  const auto begin = head.find("\r\n", head.find("\r\nHost: ") + 2) + 2;
  return head.substr(begin, head.find("X-Forwarded-For: ") - begin);
}

TEST_CASE("a request is written anew, byte for byte as promised", "[rewrite]") {
  CHECK(backend_head("POST /a%2Fb;c?d=%zz HTTP/1.1\r\n"
                     "Accept: */*\r\n"
                     "content-LENGTH: 5\r\n"
                     "Via: 1.0 fred, 1.1 p (x)\r\n"
                     "X-Forwarded-For: 6.6.6.6\r\n"
                     "hOST: ops.example.com:8080\r\n"
                     "aUTHORIZATION:   Digest uri=\"/a%2Fb;c?d=%zz\"  \r\n"
                     "Connection: keep-alive, X-Secret\r\n"
                     "X-Secret: y\r\n"
                     "X-Empty:\r\n"
                     "Cookie: a=b\r\n"
                     "Cookie: c=d\r\n"
                     "Via: 2.0 q\r\n"
                     "\r\n") ==
        "POST /a%2Fb;c?d=%zz HTTP/1.1\r\n"
        "Host: ops.example.com:8080\r\n"
        "Accept: */*\r\n"
        "aUTHORIZATION: Digest uri=\"/a%2Fb;c?d=%zz\"\r\n"
        "X-Empty: \r\n"
        "Cookie: a=b\r\n"
        "Cookie: c=d\r\n"
        "Content-Length: 5\r\n" +
            identity_lines("ops.example.com:8080", "8080", "1.0 fred, 1.1 p (x), 2.0 q, 1.1 lb.example.com"));
}

TEST_CASE("the absolute form becomes the origin form with its own host", "[rewrite]") {
  const auto [line, becomes, port] = GENERATE(table<std::string, std::string, std::string>({
      {"GET http://a:81/x?y HTTP/1.1", "GET /x?y HTTP/1.1", "81"},
      {"GET http://a:81 HTTP/1.1", "GET / HTTP/1.1", "81"},
      {"GET http://a:81?q HTTP/1.1", "GET /?q HTTP/1.1", "81"},
      {"OPTIONS http://a:81 HTTP/1.1", "OPTIONS * HTTP/1.1", "81"},
  }));
  CHECK(backend_head(line + "\r\nHost: b\r\n\r\n") == becomes + "\r\nHost: a:81\r\n" + identity_lines("a:81", port));
}

TEST_CASE("HTTP/1.0 is forwarded as HTTP/1.1, with the local address where it names no host", "[rewrite]") {
  CHECK(backend_head("GET / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n") ==
        "GET / HTTP/1.1\r\nHost: [2001:db8::80]:8080\r\n" + identity_lines("[2001:db8::80]:8080", "8080"));
}

TEST_CASE("what belongs to one hop or tells of the client is not passed on", "[rewrite]") {
  const auto* const line = GENERATE(
      "Connection: close", "Keep-Alive: timeout=5", "Proxy-Connection: keep-alive", "TE: deflate", "Upgrade: websocket",
      "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA", "Proxy-Authorization: Basic x", "Proxy-Authenticate: Basic",
      "Transfer_Encoding: chunked", "Content_Length: 7", "Content.Length: 7", "X-Forwarded-Proto: https",
      "X_Forwarded_Proto: https", "X.Forwarded.Host: evil", "Forwarded: for=1.1.1.1", "X-Real-IP: 1.1.1.1",
      "X_REAL_IP: 1.1.1.1", "Proxy: http://evil", "Proxy-ssl-id: x", "Proxy-auth-cert: x", "X-Original-URL: /admin",
      "X-Request-Id: mine", "Connection: X-Forwarded-For, Host, X-Request-Id, Via");
  CAPTURE(line);
  CHECK(kept_lines(backend_head(get_with(line + std::string("\r\n")))).empty());
  CHECK(backend_head(get_with(line + std::string("\r\n"))) == "GET / HTTP/1.1\r\nHost: h\r\n" + identity_lines());
}

TEST_CASE("fields named by Connection end here, in any case and on any line", "[rewrite]") {
  CHECK(kept_lines(backend_head(
            get_with("Connection: x-a\r\nX-A: 1\r\nX-B: 2\r\nConnection: close, X-c\r\nx-C: 3\r\n"))) == "X-B: 2\r\n");
}

TEST_CASE("Connection cannot remove framing or what opslb writes", "[rewrite]") {
  CHECK(backend_head("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nExpect: 100-continue\r\n"
                     "Connection: Content-Length, Host, Expect, X-Forwarded-For, X-Forwarded-Proto\r\n\r\n") ==
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nExpect: 100-continue\r\n" + identity_lines());
  CHECK(kept_lines(backend_head("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\n"
                                "Connection: Transfer-Encoding\r\n\r\n")) == "Transfer-Encoding: chunked\r\n");
}

TEST_CASE("framing is told once and as it was", "[rewrite]") {
  const auto [lines, becomes] = GENERATE(table<std::string, std::string>({
      {"", ""},
      {"content-length: 0\r\n", "Content-Length: 0\r\n"},
      {"Content-Length: 9223372036854775807\r\n", "Content-Length: 9223372036854775807\r\n"},
      {"transfer-encoding: CHUNKED\r\nTrailer: X\r\n", "Trailer: X\r\nTransfer-Encoding: chunked\r\n"},
  }));
  CHECK(kept_lines(backend_head("PUT" + get_with(lines).substr(3))) == becomes);
}

TEST_CASE("what is negotiated hop by hop is asked anew", "[rewrite]") {
  const auto [lines, becomes] = GENERATE(table<std::string, std::string>({
      {"TE: gzip, trailers\r\nConnection: TE\r\n", "Connection: TE\r\nTE: trailers\r\n"},
      {"Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: k\r\n",
       "Sec-WebSocket-Key: k\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"},
      {"Connection: Upgrade, TE\r\nUpgrade: websocket\r\nTE: trailers\r\n",
       "Connection: Upgrade, TE\r\nUpgrade: websocket\r\nTE: trailers\r\n"},
      {"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMA\r\n", ""},
      {"Connection: Upgrade\r\nUpgrade: websocket, h2c\r\n", ""},
      {"Expect: 100-CONTINUE\r\n", "Expect: 100-continue\r\n"},
      {"Max-Forwards: 3\r\n", "Max-Forwards: 3\r\n"},
  }));
  CAPTURE(lines);
  CHECK(kept_lines(backend_head(get_with(lines))) == becomes);
}

TEST_CASE("Max-Forwards of OPTIONS is one less", "[rewrite]") {
  CHECK(kept_lines(backend_head("OPTIONS * HTTP/1.1\r\nHost: h\r\nMax-Forwards: 10\r\n\r\n")) == "Max-Forwards: 9\r\n");
}

TEST_CASE("another client_ip_header gets the client's address too, and nobody else can write it", "[rewrite]") {
  auto rules = plain_rules();
  rules.client_ip_header = "X-Ops-Client";
  const auto head = backend_head(get_with("x-ops-client: 6.6.6.6\r\nX_Ops.Client: 6.6.6.6\r\n"), rules);
  auto lines = identity_lines();
  lines.insert(lines.find("X-Forwarded-Host"), "X-Ops-Client: 192.0.2.1\r\n");
  CHECK(head == "GET / HTTP/1.1\r\nHost: h\r\n" + lines);

  rules.client_ip_header = "x-forwarded-for";
  CHECK(backend_head(get_with(""), rules) == "GET / HTTP/1.1\r\nHost: h\r\n" + identity_lines());
}

TEST_CASE("a request id of the client is used if it is one sane token", "[rewrite]") {
  const auto [lines, id] = GENERATE(table<std::string, std::string>({
      {"", ""},
      {"X-Request-Id: abc-1.2_3~\r\n", "abc-1.2_3~"},
      {"x-request-ID: " + std::string(128, 'a') + "\r\n", std::string(128, 'a')},
      {"X-Request-Id: " + std::string(129, 'a') + "\r\n", ""},
      {"X-Request-Id:\r\n", ""},
      {"X-Request-Id: a b\r\n", ""},
      {"X-Request-Id: a\"b\r\n", ""},
      {"X-Request-Id: a,b\r\n", ""},
      {"X-Request-Id: \xE4\r\n", ""},
      {"X-Request-Id: a\r\nX-Request-Id: a\r\n", ""},
      {"X-Request-Id: a\r\nX-Request-Id:\r\n", ""},
      {"X-Request-Id:\r\nX-Request-Id: a\r\n", ""},
      {"X_Request_Id: a\r\n", ""},
  }));
  CAPTURE(lines);
  CHECK(usable_request_id(request(get_with(lines)).head) == id);
}

/// The head that the client gets.
std::string client_head(const std::string& text, const client_side& side, method asked = method::get) {
  const response got(text, asked, true);
  INFO(got.why.reason);
  REQUIRE(got.why.status == 0);
  std::string memory;
  return std::string(to_client(got.head, got.facts, side, request_id, memory));
}

TEST_CASE("a response is written anew, byte for byte as promised", "[rewrite]") {
  CHECK(client_head("HTTP/1.0 200 Fine\r\n"
                    "Date: now\r\n"
                    "Server: Jetty\r\n"
                    "Connection: keep-alive, X-Hop\r\n"
                    "X-Hop: y\r\n"
                    "Keep-Alive: timeout=30\r\n"
                    "content-length: 5\r\n"
                    "Set-Cookie: a\r\n"
                    "Set-Cookie: b\r\n"
                    "X-Request-Id: theirs\r\n"
                    "Via: 1.1 x\r\n"
                    "Upgrade: h2c\r\n"
                    "Age:\r\n"
                    "\r\n",
                    {.body = body_kind::length}) ==
        "HTTP/1.1 200 Fine\r\n"
        "Date: now\r\n"
        "Server: Jetty\r\n"
        "content-length: 5\r\n"
        "Set-Cookie: a\r\n"
        "Set-Cookie: b\r\n"
        "Via: 1.1 x\r\n"
        "Age: \r\n"
        "X-Request-Id: 0123456789abcdef\r\n"
        "\r\n");
}

struct case_for_client {
  std::string text;
  client_side side;
  std::string becomes;
  method asked = method::get;
};

TEST_CASE("framing and connection are those of the client's side", "[rewrite]") {
  const std::string id = "X-Request-Id: " + request_id + "\r\n";
  const auto want = GENERATE_COPY(values<case_for_client>({
      {"HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n",
       {.body = body_kind::chunked},
       "HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\n" + id},
      {"HTTP/1.1 200 OK\r\n", {.body = body_kind::chunked}, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n" + id},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n",
       {.version = http_version::http_1_0, .keep_alive = false, .body = body_kind::until_close},
       "HTTP/1.1 200 OK\r\n" + id + "Connection: close\r\n"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n",
       {.version = http_version::http_1_0, .announce_keep_alive = true, .body = body_kind::length},
       "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n" + id + "Connection: keep-alive\r\n"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n", {}, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n" + id, method::head},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n", {}, "HTTP/1.1 200 OK\r\n" + id, method::head},
      {"HTTP/1.1 304 N\r\nContent-Length: 9\r\nETag: x\r\n",
       {},
       "HTTP/1.1 304 N\r\nContent-Length: 9\r\nETag: x\r\n" + id},
      {"HTTP/1.1 204 N\r\nContent-Length: 0\r\n", {}, "HTTP/1.1 204 N\r\n" + id},
      {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close, Content-Length\r\n",
       {},
       "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n" + id},
      {"HTTP/1.1 103 Early Hints\r\nLink: x\r\nConnection: y\r\nX-Request-Id: z\r\n",
       {.keep_alive = false},
       "HTTP/1.1 103 Early Hints\r\nLink: x\r\n"},
      {"HTTP/1.1 100 Continue\r\nContent-Length: 0\r\n", {}, "HTTP/1.1 100 Continue\r\n"},
      {"HTTP/1.1 101 S\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nX-Request-Id: z\r\n",
       {},
       "HTTP/1.1 101 S\r\nUpgrade: websocket\r\n" + id + "Connection: upgrade\r\n"},
      {"HTTP/1.1 426 U\r\nUpgrade: x\r\nContent-Length: 0\r\nConnection: Upgrade\r\n",
       {},
       "HTTP/1.1 426 U\r\nUpgrade: x\r\nContent-Length: 0\r\n" + id + "Connection: upgrade\r\n"},
      {"HTTP/1.1 426 U\r\nContent-Length: 0\r\nUpgrade: x\r\n",
       {.keep_alive = false},
       "HTTP/1.1 426 U\r\nContent-Length: 0\r\nUpgrade: x\r\n" + id + "Connection: upgrade, close\r\n"},
  }));
  CAPTURE(want.text);
  CHECK(client_head(want.text + "\r\n", want.side, want.asked) == want.becomes + "\r\n");
}

TEST_CASE("Strict-Transport-Security is added to a final response that has none", "[rewrite]") {
  const client_side side{.hsts = "max-age=60"};
  const auto* const added = "Strict-Transport-Security: max-age=60\r\n";
  CHECK_THAT(client_head("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", side),
             Catch::Matchers::ContainsSubstring(added));
  const auto* const own = GENERATE("Strict-Transport-Security: max-age=0\r\n", "strict-transport-security: x\r\n");
  const auto head = client_head("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n" + std::string(own) + "\r\n", side);
  CHECK_THAT(head, Catch::Matchers::ContainsSubstring(own));
  CHECK_THAT(head, !Catch::Matchers::ContainsSubstring(added));
  CHECK_THAT(client_head("HTTP/1.1 103 Early Hints\r\n\r\n", side), !Catch::Matchers::ContainsSubstring(added));
  CHECK_THAT(client_head("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", {}),
             !Catch::Matchers::ContainsSubstring("Strict-Transport-Security"));
}

TEST_CASE("trailers pass without what must not come in them", "[rewrite]") {
  std::vector<field> fields;
  REQUIRE(
      parse_field_lines("X-Sum: 1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\nHost: x\r\n"
                        "Authorization: Basic x\r\nX-Forwarded-For: 6.6.6.6\r\nx_forwarded_for: 6.6.6.6\r\n"
                        "X-Ops_Client: 6.6.6.6\r\nCookie: a\r\nSet-Cookie: b\r\nETag: y\r\n\r\n",
                        fields));
  std::string memory;
  CHECK(write_trailers(fields, memory, "X-Ops-Client") == "X-Sum: 1\r\nETag: y\r\n\r\n");
  CHECK(write_trailers({}, memory) == "\r\n");
}

TEST_CASE("a head takes the place of what the memory held, whatever their sizes", "[rewrite]") {
  const response got("HTTP/1.1 204 N\r\n\r\n");
  std::string memory = "before";
  CHECK(to_client(got.head, got.facts, {}, "i", memory) == "HTTP/1.1 204 N\r\nX-Request-Id: i\r\n\r\n");
  const std::string long_value(5000, 'x');
  const response longer("HTTP/1.1 204 N\r\nA: " + long_value + "\r\nB:" + long_value + "\r\n\r\n");
  CHECK(to_client(longer.head, longer.facts, {}, "i", memory) ==
        "HTTP/1.1 204 N\r\nA: " + long_value + "\r\nB: " + long_value + "\r\nX-Request-Id: i\r\n\r\n");
  CHECK(to_client(got.head, got.facts, {}, "i", memory) == "HTTP/1.1 204 N\r\nX-Request-Id: i\r\n\r\n");
}

TEST_CASE("lines that stay are written the same, whether they came as they are written or not", "[rewrite]") {
  for (const std::string between :
       {"", "Keep-Alive: x\r\n", "X-Request-Id: y\r\n", "C:c\r\n", "C:  c\r\n", "C: c \r\n", "C:\tc\r\n"}) {
    const std::string c = between.starts_with("C") ? "C: c\r\n" : "";
    CAPTURE(between);
    std::string text = "HTTP/1.1 204 N\r\nA: a\r\nB: \r\n";
    std::string expected = text;
    text.append(between).append("D: d\r\n\r\n");
    expected.append(c).append("D: d\r\nX-Request-Id: ").append(request_id).append("\r\n\r\n");
    CHECK(client_head(text, {}) == expected);
  }
}

}  // namespace
}  // namespace opslb::headers
