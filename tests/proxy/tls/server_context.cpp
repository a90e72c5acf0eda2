#include "proxy/tls/server_context.hpp"

#include <catch2/catch_all.hpp>
#include <string>

#include "engine_pair.hpp"
#include "proxy/tls/handshake_fault.hpp"
#include "test_certificate.hpp"

using namespace opslb;
using namespace opslb::tls;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr auto start = ticket_keys::clock::time_point{};

const test_certificate& authority() {
  static const test_certificate made("DNS:authority", nullptr, 365);
  return made;
}
const test_certificate& server() {
  static const test_certificate made("DNS:lb.example.com", &authority(), 365);
  return made;
}
const test_certificate& other() {
  static const test_certificate made("DNS:*.example.org", &authority(), 365);
  return made;
}
const test_certificate& agent() {
  static const test_certificate made("DNS:agent-1", &authority(), 365);
  return made;
}

server_files files_of(std::initializer_list<const test_certificate*> certificates) {
  server_files files;
  for (const auto* each : certificates)
    files.certificates.push_back({{"lb.pem", each->pem()}, {"lb.key", each->key_pem()}});
  files.client_ca = {"ca.pem", authority().pem()};
  return files;
}

tls_config settings_for(client_certificate_mode mode) {
  tls_config settings;
  settings.client_certificate = mode;
  return settings;
}

ssl_ctx_ptr client_of(const test_certificate* shown = nullptr) {
  ssl_ctx_ptr made(SSL_CTX_new(TLS_client_method()));
  if (shown != nullptr) {
    REQUIRE(SSL_CTX_use_certificate(made.get(), shown->x509.get()) == 1);
    REQUIRE(SSL_CTX_use_PrivateKey(made.get(), shown->key.get()) == 1);
  }
  return made;
}

/// One handshake, and what came of it on both sides.
struct meeting {
  meeting(SSL_CTX* from, const server_context& with, const char* name = "lb.example.com",
          SSL_SESSION* resumed = nullptr)
      : client(ask(from, name, resumed), pool),
        server(with.accept(), pool) {
    auto ours = progress::needs_input;
    came_to = progress::needs_input;
    for (int turn = 0; turn < 6; ++turn) {
      if (ours == progress::needs_input) ours = client.handshake();
      carry(client, server);
      if (came_to == progress::needs_input) came_to = server.handshake();
      carry(server, client);
    }
    // Tickets of TLS 1.3 come behind the handshake.
    if (ours == progress::done) client.peek();
  }

  static ssl_ptr ask(SSL_CTX* from, const char* name, SSL_SESSION* resumed) {
    ssl_ptr session(SSL_new(from));
    SSL_set_connect_state(session.get());
    std::string text = name;
    SSL_ctrl(session.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, text.data());
    if (resumed != nullptr) SSL_set_session(session.get(), resumed);
    return session;
  }

  bool shown(const test_certificate& which) const {
    return X509_cmp(SSL_get0_peer_certificate(client.session()), which.x509.get()) == 0;
  }
  bool is_resumed() const { return SSL_session_reused(server.session()) == 1; }
  ssl_session_ptr session() const { return ssl_session_ptr(SSL_get1_session(client.session())); }

  buffer_pool pool;
  engine client;
  engine server;
  progress came_to;
};

}  // namespace

TEST_CASE("the certificate is chosen by name, the first where none fits") {
  const ticket_keys tickets(start);
  const server_context serving({}, files_of({&server(), &other()}), "tls", tickets);
  const auto client = client_of();
  CHECK(meeting(client.get(), serving, "lb.example.com").shown(server()));
  CHECK(meeting(client.get(), serving, "A.example.org").shown(other()));
  CHECK(meeting(client.get(), serving, "unknown").shown(server()));
}

TEST_CASE("what one worker gave out another resumes") {
  const ticket_keys tickets(start);
  const auto files = files_of({&server()});
  const server_context one({}, files, "tls", tickets), two({}, files, "tls", tickets);
  const auto client = client_of();
  const meeting first(client.get(), one);
  CHECK_FALSE(first.is_resumed());
  CHECK(meeting(client.get(), two, "lb.example.com", first.session().get()).is_resumed());
}

TEST_CASE("a ticket of an older key is taken and replaced, one of a wiped key is not taken") {
  ticket_keys tickets(start);
  const server_context serving({}, files_of({&server()}), "tls", tickets);
  const auto client = client_of();
  const meeting first(client.get(), serving);
  tickets.advance(start + ticket_keys::rotation);
  const meeting second(client.get(), serving, "lb.example.com", first.session().get());
  CHECK(second.is_resumed());
  tickets.advance(start + ticket_keys::rotation + ticket_keys::ticket_lifetime);
  CHECK_FALSE(meeting(client.get(), serving, "lb.example.com", first.session().get()).is_resumed());
  CHECK(meeting(client.get(), serving, "lb.example.com", second.session().get()).is_resumed());
}

TEST_CASE("a session belongs to its listener, and to who is let in there") {
  const ticket_keys tickets(start);
  const auto files = files_of({&server()});
  const auto agents_only = settings_for(client_certificate_mode::agents_only);
  const server_context serving(agents_only, files, "tls", tickets);
  const auto client = client_of(&agent());
  const meeting first(client.get(), serving);
  const auto resumed_at = [&](const server_context& elsewhere) {
    return meeting(client.get(), elsewhere, "lb.example.com", first.session().get()).is_resumed();
  };
  auto other_ca = files;
  other_ca.client_ca.text = server().pem();
  CHECK(resumed_at(serving));
  CHECK(resumed_at(server_context(agents_only, files, "tls", tickets)));
  CHECK_FALSE(resumed_at(server_context(agents_only, files, "other", tickets)));
  CHECK_FALSE(resumed_at(server_context(agents_only, other_ca, "tls", tickets)));
  CHECK_FALSE(resumed_at(server_context(settings_for(client_certificate_mode::required), files, "tls", tickets)));
  CHECK_FALSE(resumed_at(server_context({}, files, "tls", tickets)));
}

TEST_CASE("what a client has shown is known behind the handshake, and behind a resumed one") {
  const ticket_keys tickets(start);
  const server_context serving(settings_for(client_certificate_mode::agents_only), files_of({&server()}), "tls",
                               tickets);
  const auto good = client_of(&agent());
  const meeting first(good.get(), serving);
  const meeting second(good.get(), serving, "lb.example.com", first.session().get());
  REQUIRE(second.is_resumed());
  for (const meeting* each : {&first, &second}) {
    const auto shown = client_certificate_of(each->server.session());
    CHECK(shown.verified);
    CHECK(shown.subject == "CN=agent-1");
    CHECK(shown.problem.empty());
  }
  const auto none = client_of();
  CHECK_FALSE(client_certificate_of(meeting(none.get(), serving).server.session()).shown);

  const test_certificate stranger("DNS:agent-1");
  const auto bad = client_of(&stranger);
  const meeting third(bad.get(), serving);
  CHECK(third.came_to == progress::done);
  const meeting fourth(bad.get(), serving, "lb.example.com", third.session().get());
  for (const meeting* each : {&third, &fourth}) {
    const auto shown = client_certificate_of(each->server.session());
    CHECK(shown.shown);
    CHECK_FALSE(shown.verified);
    CHECK_THAT(shown.problem, ContainsSubstring("self"));
  }
}

TEST_CASE("why a handshake failed is told by its cause") {
  const ticket_keys tickets(start);
  const server_context serving(settings_for(client_certificate_mode::required), files_of({&server()}), "tls", tickets);
  const auto cause = [&](const ssl_ctx_ptr& client) {
    const meeting failed(client.get(), serving);
    CHECK(failed.came_to == progress::failed);
    return explain_handshake(failed.server.why());
  };
  CHECK(cause(client_of()).cause == refused_connection::tls_no_certificate);

  const test_certificate stranger("DNS:agent-1");
  const auto unknown = cause(client_of(&stranger));
  CHECK(unknown.cause == refused_connection::tls_bad_certificate);
  CHECK_THAT(unknown.detail, ContainsSubstring("self"));

  auto client = client_of(&agent());
  SSL_CTX_set_verify(client.get(), SSL_VERIFY_PEER, nullptr);
  const auto alert = cause(client);
  CHECK(alert.cause == refused_connection::tls_alert);
  CHECK(alert.detail == "unknown CA");

  client = client_of(&agent());
  SSL_CTX_set_max_proto_version(client.get(), TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(client.get(), "AES128-GCM-SHA256");
  CHECK(cause(client).cause == refused_connection::tls_cipher);

  client = client_of(&agent());
  constexpr unsigned char spdy[] = "\x06spdy/3";
  SSL_CTX_set_alpn_protos(client.get(), spdy, sizeof spdy - 1);
  CHECK(cause(client).cause == refused_connection::tls_protocol);
}

TEST_CASE("files that cannot be used are told of") {
  const ticket_keys tickets(start);
  auto files = files_of({&server()});
  files.certificates[0].key.text = other().key_pem();
  CHECK_THROWS_WITH(server_context({}, files, "tls", tickets), R"("lb.key" does not fit the certificate in "lb.pem")");
  files = files_of({&server()});
  files.client_ca.text.clear();
  CHECK_THROWS_WITH(server_context(settings_for(client_certificate_mode::required), files, "tls", tickets),
                    R"("ca.pem" has no certificate in PEM form)");
}
