#include "headers/known_field.hpp"

#include <algorithm>
#include <catch2/catch_all.hpp>
#include <string>

namespace opslb::headers {
namespace {

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return text;
}

std::string with(std::string text, char separator) {
  std::replace(text.begin(), text.end(), '-', separator);
  return text;
}

TEST_CASE("whatever tells who the client is counts as identity, in every spelling", "[known_field]") {
  const std::string name = GENERATE(
      // The contract's own list.
      "Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Port", "X-Forwarded-Proto", "X-Forwarded-Server",
      "X-Forwarded-Anything", "X-Real-IP", "X-Client-IP", "True-Client-IP", "X-Cluster-Client-IP", "X-Forwarded",
      "Forwarded-For", "X-Original-Host", "X-Original-URL", "X-Url-Scheme", "Proxy", "Proxy-ssl-id", "Proxy-auth-cert",
      "X-Forwarded-Ssl", "Front-End-Https", "Client-Cert", "Client-Cert-Chain", "X-Proxied-Https", "Via",
      "X-Request-Id",
      // What other applications believe.
      "X-Rewrite-URL", "X-Host", "X-HTTP-Host-Override", "X-Remote-IP", "X-Remote-Addr", "Remote-Addr",
      "X-ProxyUser-Ip", "WL-Proxy-Client-IP", "Proxy-Client-IP", "CF-Connecting-IP", "CF-Visitor", "Fastly-Client-IP",
      "X-Envoy-External-Address", "X-Azure-ClientIP", "X-Scheme", "X-SSL", "X-SSL-Client-Cert", "Ssl-Client-Cert",
      "X-Client-Cert", "X-Proxied-Anything", "X-AppEngine-User-IP", "X-Originating-IP", "Client-IP", "X-Forward-For");
  for (const auto& spelling : {name, upper(name), with(name, '_'), with(name, '.')}) {
    CAPTURE(spelling);
    CHECK(classify(spelling).identity);
    CHECK(classify(spelling).never_in_trailer);
  }
}

TEST_CASE("fields that applications need pass", "[known_field]") {
  const auto* const name =
      GENERATE("X-Requested-With", "X-CSRF-Token", "X-CSRF-Time", "Authorization", "Cookie", "Origin", "Referer",
               "Accept", "User-Agent", "Content-Type", "ETag", "X-MongoDB-Service-Version", "X-F", "X", "x-forwar",
               "X-Realm", "X-Http-Method-Override", "Forward", "Proxy-Foo", "Sec-WebSocket-Key", "Sslx", "Wl-Prox",
               "Digest", "X-Origin", "Trailer", "Range");
  const auto known = classify(name);
  CHECK_FALSE(known.identity);
  CHECK_FALSE(known.hop_by_hop);
}

TEST_CASE("hop-by-hop fields are known in any case", "[known_field]") {
  const std::string name = GENERATE("Connection", "Keep-Alive", "Proxy-Connection", "TE", "Transfer-Encoding",
                                    "Upgrade", "HTTP2-Settings", "Proxy-Authorization", "Proxy-Authenticate");
  CHECK(classify(name).hop_by_hop);
  CHECK(classify(upper(name)).hop_by_hop);
}

TEST_CASE("a misspelling of a field that opslb decides on never reaches a backend, nor stands for that field",
          "[known_field]") {
  const auto* const name =
      GENERATE("Transfer_Encoding", "transfer.encoding", "Content_Length", "Content.Length", "CONTENT_LENGTH",
               "Keep_Alive", "Proxy_Authorization", "X_Forwarded_For", "X-Forwarded_For", "X_Request.Id");
  const auto known = classify(name);
  CHECK(known.identity);
  CHECK(known.id == field_id::other);
}

TEST_CASE("a misspelling of any other field is its own name", "[known_field]") {
  const auto known = classify("User_Agent");
  CHECK_FALSE(known.identity);
  CHECK(known.id == field_id::other);
}

TEST_CASE("the fields that rules ask for are found by identity", "[known_field]") {
  const auto [name, id] = GENERATE(table<const char*, field_id>({
      {"accept", field_id::accept},
      {"Authorization", field_id::authorization},
      {"CONNECTION", field_id::connection},
      {"Content-Length", field_id::content_length},
      {"Cookie", field_id::cookie},
      {"Expect", field_id::expect},
      {"hOsT", field_id::host},
      {"Keep-Alive", field_id::keep_alive},
      {"Max-Forwards", field_id::max_forwards},
      {"te", field_id::te},
      {"Trailer", field_id::trailer},
      {"transfer-ENCODING", field_id::transfer_encoding},
      {"Upgrade", field_id::upgrade},
      {"User-Agent", field_id::user_agent},
      {"Referer", field_id::referer},
      {"Via", field_id::via},
      {"X-Forwarded-For", field_id::x_forwarded_for},
      {"X-Forwarded-Host", field_id::x_forwarded_host},
      {"X-Forwarded-Port", field_id::x_forwarded_port},
      {"X-Forwarded-Proto", field_id::x_forwarded_proto},
      {"X-Proxied-Https", field_id::x_proxied_https},
      {"X-Request-ID", field_id::x_request_id},
      {"X-Forwarded-Server", field_id::other},
      {"", field_id::other},
  }));
  CAPTURE(name);
  CHECK(classify(name).id == id);
}

TEST_CASE("a name that differs from a known one in any one character is not it", "[known_field]") {
  const std::string name =
      GENERATE("TE", "Via", "Host", "Expect", "Trailer", "Upgrade", "Connection", "Content-Length", "Max-Forwards",
               "X-Forwarded-For", "X-Forwarded-Port", "Transfer-Encoding", "X-MongoDB-Service-Version");
  const field_id id = classify(name).id;
  CHECK(id != field_id::other);
  for (std::size_t i = 0; i < name.size(); ++i) {
    for (const char c : {'q', 'Q', '0', '~', '|'}) {
      std::string other = name;
      other[i] = c;
      CAPTURE(other);
      CHECK(classify(other).id != id);
    }
  }
  CHECK(classify(name + "q").id != id);
  CHECK(classify(name.substr(1)).id != id);
}

TEST_CASE("framing, routing, authentication and content format stay out of trailers", "[known_field]") {
  const auto* const refused = GENERATE(
      "Content-Length", "Content_Length", "Transfer-Encoding", "Host", "Authorization", "AUTHORIZATION", "Cookie",
      "Set-Cookie", "Proxy-Authorization", "WWW-Authenticate", "Content-Encoding", "Content-Type", "Content-Range",
      "Cache-Control", "Trailer", "TE", "Expect", "If-Match", "Range", "Location", "Connection");
  CHECK(classify(refused).never_in_trailer);
}

TEST_CASE("what trailers are for may come in them", "[known_field]") {
  const auto* const allowed = GENERATE("ETag", "Content-MD5", "Server-Timing", "Authentication-Info", "X-Checksum");
  CHECK_FALSE(classify(allowed).never_in_trailer);
}

TEST_CASE("names compare without regard to ASCII case only", "[known_field]") {
  CHECK(equals_ignoring_case("X-AbC", "x-aBc"));
  CHECK_FALSE(equals_ignoring_case("X-Ab", "x-aBc"));
  CHECK_FALSE(equals_ignoring_case("a@", "a`"));
  CHECK_FALSE(equals_ignoring_case("\xC4", "\xE4"));
  CHECK(is_spelling_of("X_Real.ip", "x-real-IP"));
  CHECK_FALSE(is_spelling_of("X-Real-IPs", "X-Real-IP"));
}

}  // namespace
}  // namespace opslb::headers
