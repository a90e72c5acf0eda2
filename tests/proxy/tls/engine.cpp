#include "proxy/tls/engine.hpp"

#include "engine_pair.hpp"

namespace opslb::tls {
namespace {

const test_certificate& host() {
  static const test_certificate made("DNS:ops1");
  return made;
}

/// A client that believes everything.
ssl_ptr trusting_session(int version = TLS1_3_VERSION) {
  const ssl_ctx_ptr ctx(SSL_CTX_new(TLS_client_method()));
  SSL_CTX_set_max_proto_version(ctx.get(), version);
  ssl_ptr session(SSL_new(ctx.get()));
  SSL_set_connect_state(session.get());
  return session;
}

}  // namespace

TEST_CASE("two engines come to an understanding, however the bytes are cut") {
  const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
  const std::size_t piece = GENERATE(1, 7, 1U << 20U);
  const auto serving = host().serving();
  engine_pair pair(trusting_session(version), serving.get());
  pair.shake_hands(piece);
  REQUIRE(pair.stands());

  const std::string text(50'000, 'x');
  for (std::size_t at = 0; at < text.size(); at += engine::record_size) {
    REQUIRE(pair.client.encrypt(std::string_view(text).substr(at, engine::record_size)));
  }
  carry(pair.client, pair.server, piece);
  CHECK(read_all(pair.server) == std::pair(text, progress::needs_input));

  REQUIRE(pair.server.encrypt("answer"));
  carry(pair.server, pair.client, piece);
  CHECK(read_all(pair.client) == std::pair(std::string("answer"), progress::needs_input));
}

TEST_CASE("half a record is no plaintext yet") {
  const auto serving = host().serving();
  engine_pair pair(trusting_session(), serving.get());
  pair.shake_hands();
  REQUIRE(pair.client.encrypt("request"));
  const std::string record(pair.client.outgoing.ready());
  pair.server.incoming.append(std::string_view(record).substr(0, record.size() - 1));
  CHECK(pair.server.peek() == progress::needs_input);
  CHECK(read_all(pair.server) == std::pair(std::string(), progress::needs_input));
  pair.server.incoming.append(std::string_view(record).substr(record.size() - 1));
  CHECK(pair.server.peek() == progress::done);
  CHECK(read_all(pair.server).first == "request");
}

TEST_CASE("session tickets alone are no plaintext") {
  const auto serving = host().serving();
  engine_pair pair(trusting_session(), serving.get());
  REQUIRE(pair.client.handshake() == progress::needs_input);
  carry(pair.client, pair.server);
  REQUIRE(pair.server.handshake() == progress::needs_input);
  carry(pair.server, pair.client);
  REQUIRE(pair.client.handshake() == progress::done);
  carry(pair.client, pair.server);
  REQUIRE(pair.server.handshake() == progress::done);
  REQUIRE_FALSE(pair.server.outgoing.empty());  // the tickets
  carry(pair.server, pair.client);
  CHECK(pair.client.peek() == progress::needs_input);
}

TEST_CASE("an orderly end is told from a cut") {
  const auto serving = host().serving();
  engine_pair pair(trusting_session(), serving.get());
  pair.shake_hands();
  REQUIRE(pair.server.encrypt("last words"));
  SECTION("with close_notify") {
    pair.server.close_notify();
    carry(pair.server, pair.client);
    CHECK(read_all(pair.client) == std::pair(std::string("last words"), progress::ended));
  }
  SECTION("without") {
    carry(pair.server, pair.client);
    CHECK(read_all(pair.client) == std::pair(std::string("last words"), progress::needs_input));
  }
}

TEST_CASE("a record that was tampered with ends it, after what came before, and the peer is told") {
  const auto serving = host().serving();
  engine_pair pair(trusting_session(), serving.get());
  pair.shake_hands();
  REQUIRE(pair.client.encrypt("good"));
  carry(pair.client, pair.server);
  REQUIRE(pair.client.encrypt("bad"));
  std::string record(pair.client.outgoing.ready());
  record.back() = static_cast<char>(record.back() ^ 1);
  pair.server.incoming.append(record);
  CHECK(read_all(pair.server) == std::pair(std::string("good"), progress::failed));
  CHECK(pair.server.why().text == "decryption failed or bad record mac");
  CHECK_FALSE(pair.server.encrypt("more"));
  carry(pair.server, pair.client);
  CHECK(read_all(pair.client).second == progress::failed);
  CHECK(pair.client.why().text.find("alert bad record mac") != std::string::npos);
}

TEST_CASE("what is no TLS is noticed by its first bytes") {
  const auto serving = host().serving();
  engine_pair pair(trusting_session(), serving.get());
  pair.server.incoming.append("GET / HTTP/1.1\r\nHost: ops\r\n\r\n");
  CHECK(pair.server.handshake() == progress::failed);
  CHECK(pair.server.why().text == "http request");
}

TEST_CASE("no blocks are held while nothing is under way") {
  buffer_pool pool;
  const auto serving = host().serving();
  engine_pair pair(trusting_session(), serving.get());
  pair.shake_hands();
  REQUIRE(pair.client.encrypt("request"));
  carry(pair.client, pair.server);
  CHECK(read_all(pair.server).first == "request");
  CHECK(pair.server.incoming.empty());
  CHECK_FALSE(pair.server.may_have_plaintext());
}

}  // namespace opslb::tls
