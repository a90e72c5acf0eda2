#include "proxy/http2/request_fields.hpp"

#include <catch2/catch_all.hpp>

#include "headers/framing.hpp"

using namespace opslb;
using namespace opslb::http2;
using lines = std::vector<std::pair<std::string, std::string>>;

namespace {

struct reading {
  explicit reading(const lines& given, const headers::head_limits& limits = {},
                   const field_block::limits& bounds = {64 * 1024, 128})
      : block(bounds) {
    for (const auto& [name, value] : given) block.add(name, value);
    why = to_request_head(block, limits, [] { return std::string("KEY"); }, joined, head);
  }

  std::string value(std::string_view name) const {
    std::string all;
    for (const headers::field& each : head.fields) {
      if (each.name == name) all += (all.empty() ? "" : "|") + std::string(each.value);
    }
    return all;
  }

  field_block block;
  joined_fields joined;
  headers::request_head head;
  headers::refusal why;
};

lines with(const lines& more) {
  lines all{{":method", "GET"}, {":scheme", "https"}, {":path", "/a?b"}, {":authority", "ops.example.com"}};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

}  // namespace

TEST_CASE("pseudo-headers become the start line and Host", "[http2]") {
  const reading got(with({{"accept", "*/*"}}));
  CHECK(got.why.status == 0);
  CHECK(got.head.verb == headers::method::get);
  CHECK(got.head.target == "/a?b");
  CHECK(got.head.version == headers::http_version::http_2);
  CHECK(got.value("host") == "ops.example.com");
  CHECK(got.value("accept") == "*/*");
  CHECK(got.head.fields.size() == 2);
}

TEST_CASE("Host beside :authority says the same or is refused", "[http2]") {
  const reading same(with({{"host", "OPS.example.com"}}));
  CHECK(same.why.status == 0);
  CHECK(same.value("host") == "ops.example.com");
  CHECK(reading(with({{"host", "other"}})).why.status == 400);
  CHECK(reading(with({{"host", "ops.example.com:443"}})).why.status == 400);
  const reading alone({{":method", "GET"}, {":scheme", "http"}, {":path", "/"}, {"host", "h"}});
  CHECK(alone.why.status == 0);
  CHECK(alone.value("host") == "h");
}

TEST_CASE("cookie crumbs become one field where the first was", "[http2]") {
  const reading got(with({{"cookie", "a=1"}, {"x", "y"}, {"cookie", "b=2"}, {"cookie", "c=3"}}));
  CHECK(got.value("cookie") == "a=1; b=2; c=3");
  CHECK(got.head.fields[0].name == "cookie");
  CHECK(reading(with({{"cookie", "a=1"}})).value("cookie") == "a=1");
}

TEST_CASE("what RFC 9113 calls malformed is refused", "[http2]") {
  const auto bad = GENERATE(values<lines>({
      {{":method", "GET"}, {":scheme", "ftp"}, {":path", "/"}, {":authority", "h"}},
      {{":method", "GET"}, {":scheme", "http"}, {":path", "a"}, {":authority", "h"}},
      {{":method", "GET"}, {":scheme", "http"}, {":path", "http://h/"}, {":authority", "h"}},
      {{":method", "GET"}, {":scheme", "http"}, {":path", "*"}, {":authority", "h"}},
      {{":method", "GET"}, {":scheme", "http"}, {":path", ""}, {":authority", "h"}},
      {{":method", std::string(33, 'M')}, {":scheme", "http"}, {":path", "/"}, {":authority", "h"}},
      with({{":late", "1"}}),
      with({{"a", "b"}, {":path", "/other"}}),
      with({{"connection", "close"}}),
      with({{"keep-alive", "5"}}),
      with({{"proxy-connection", "close"}}),
      with({{"transfer-encoding", "chunked"}}),
      with({{"upgrade", "websocket"}}),
      with({{"te", "gzip"}}),
      with({{":protocol", "websocket"}, {"content-length", "5"}}),
  }));
  const reading got(bad);
  CHECK(got.why.status == 400);
}

TEST_CASE("OPTIONS may ask for the whole server, and TE for trailers", "[http2]") {
  CHECK(reading({{":method", "OPTIONS"}, {":scheme", "http"}, {":path", "*"}, {":authority", "h"}}).why.status == 0);
  CHECK(reading(with({{"te", "trailers"}})).why.status == 0);
}

TEST_CASE("a head over its limits is told apart", "[http2]") {
  CHECK(reading(with({{"a", std::string(70000, 'a')}})).why.status == 431);
  lines many;
  for (int i = 0; i < 129; ++i) many.push_back({"a", "b"});
  CHECK(reading(with(many)).why.status == 431);
  many.resize(128);
  CHECK(reading(with(many)).why.status == 0);
  lines crumbs(1000, {"cookie", "a=b"});
  CHECK(reading(with(crumbs)).why.status == 0);  // one field in truth
  const lines long_path{{":method", "GET"}, {":path", "/" + std::string(17000, 'a')}, {":scheme", "http"}};
  CHECK(reading(long_path).why.status == 414);
  const lines longer_path{{":method", "GET"}, {":path", "/" + std::string(70000, 'a')}, {":scheme", "http"}};
  CHECK(reading(longer_path).why.status == 414);
  CHECK(reading(longer_path).head.verb == headers::method::get);
  CHECK(reading(long_path, {0, 0, 0}, {}).why.status == 0);
}

TEST_CASE("an extended CONNECT becomes the upgrade that a backend understands", "[http2]") {
  const lines connect{{":method", "CONNECT"},    {":protocol", "websocket"}, {":scheme", "https"},
                      {":path", "/ws"},          {":authority", "h"},        {"sec-websocket-version", "13"},
                      {"sec-websocket-key", "x"}};
  const reading got(connect);
  CHECK(got.why.status == 0);
  CHECK(got.head.method_name == "GET");
  CHECK(got.head.target == "/ws");
  CHECK(got.value("upgrade") == "websocket");
  CHECK(got.value("connection") == "Upgrade");
  CHECK(got.value("sec-websocket-key") == "KEY");
  headers::request_facts facts;
  CHECK(headers::check_request(got.head, "lb", facts).status == 0);
  CHECK(facts.upgrade == "websocket");
  CHECK(headers::wish_of(facts) == headers::upgrade_wish::required);
}

TEST_CASE("a plain CONNECT, and a tunnel for HTTP, go nowhere", "[http2]") {
  headers::request_facts facts;
  const reading plain({{":method", "CONNECT"}, {":authority", "h:443"}});
  CHECK(plain.why.status == 0);
  CHECK(headers::check_request(plain.head, "lb", facts).status == 405);
  const reading http(
      {{":method", "CONNECT"}, {":protocol", "h2c"}, {":scheme", "http"}, {":path", "/"}, {":authority", "h"}});
  CHECK(http.why.status == 0);
  CHECK(headers::check_request(http.head, "lb", facts).status == 501);
}
