#include "proxy/http2/response_fields.hpp"

#include <catch2/catch_all.hpp>

#include "headers/head_parser.hpp"

using namespace opslb;
using namespace opslb::http2;

namespace {

/// The lines that a client gets of this response, "name=value" each.
std::vector<std::string> rewritten(const std::string& text, headers::upgrade_wish wish = headers::upgrade_wish::none) {
  headers::response_head head;
  REQUIRE(headers::parse_response_head(text, 0, {}, head).state == headers::parse_state::complete);
  headers::response_facts facts;
  REQUIRE(headers::check_response(head, headers::method::get, wish, facts).status == 0);
  field_block block;
  to_response_fields(head, facts, "id", {}, block);
  std::vector<std::string> out;
  block.for_each(
      [&](const field_block::line& line) { out.push_back(std::string(line.name) + "=" + std::string(line.value)); });
  return out;
}

using expected = std::vector<std::string>;

}  // namespace

TEST_CASE("a response keeps what goes from end to end, behind its status", "[http2]") {
  CHECK(rewritten("HTTP/1.1 200 OK\r\nServer: Jetty\r\nContent-Length: 2\r\nX-Request-Id: theirs\r\n\r\n") ==
        expected{":status=200", "Server=Jetty", "Content-Length=2", "X-Request-Id=id"});
}

TEST_CASE("nothing of the backend's connection reaches an HTTP/2 client", "[http2]") {
  CHECK(rewritten("HTTP/1.1 200 OK\r\nConnection: close, X-Mine\r\nX-Mine: 1\r\nKeep-Alive: 5\r\nUpgrade: h2c\r\n"
                  "Proxy-Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n") ==
        expected{":status=200", "X-Request-Id=id"});
  CHECK(rewritten("HTTP/1.1 426 Upgrade\r\nConnection: upgrade\r\nUpgrade: TLS/1.2\r\nContent-Length: 0\r\n\r\n") ==
        expected{":status=426", "Content-Length=0", "X-Request-Id=id"});
}

TEST_CASE("an interim response has no request id", "[http2]") {
  CHECK(rewritten("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n") == expected{":status=103", "Link=</a>"});
}

TEST_CASE("a 101 becomes the 200 of a tunnel", "[http2]") {
  CHECK(rewritten("HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\n"
                  "Sec-WebSocket-Protocol: chat\r\n\r\n",
                  headers::upgrade_wish::required) ==
        expected{":status=200", "Sec-WebSocket-Protocol=chat", "X-Request-Id=id"});
}

TEST_CASE("trailers lose what may not come in them", "[http2]") {
  const std::vector<headers::field> trailers{{"X-Sum", "1", headers::classify("X-Sum")},
                                             {"Content-Length", "1", headers::classify("Content-Length")}};
  field_block block;
  to_response_trailers(trailers, block);
  CHECK(block.count() == 1);
}
