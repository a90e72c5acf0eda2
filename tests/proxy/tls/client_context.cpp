#include "proxy/tls/client_context.hpp"

#include <fstream>

#include "../scratch_directory.hpp"
#include "engine_pair.hpp"

namespace opslb::tls {
namespace {

/// Why a client that knows `ca` alone does not accept `shown`; empty if it does.
std::string objection(const test_certificate& ca, const test_certificate& shown, const std::string& called,
                      const std::string& server_name = {}) {
  const test::scratch_directory scratch;
  backend_tls_config settings;
  settings.ca = scratch.file("ca.pem");
  std::ofstream(settings.ca) << ca.pem();
  settings.server_name = server_name;
  client_context clients(settings);
  const auto serving = shown.serving();
  engine_pair pair(clients.new_session(called, 8443), serving.get());
  pair.shake_hands();
  if (pair.client_came_to == progress::done) return {};
  return why_failed(*pair.client.session(), pair.client.why().text);
}

}  // namespace

TEST_CASE("a backend is believed if its certificate is for the name it is called by") {
  const test_certificate ca("DNS:Test CA");
  CHECK(objection(ca, test_certificate("DNS:ops1.example.com", &ca), "ops1.example.com").empty());
  CHECK(objection(ca, test_certificate("DNS:*.example.com", &ca), "ops1.example.com").empty());
  CHECK(objection(ca, test_certificate("IP:127.0.0.1", &ca), "127.0.0.1").empty());
  CHECK(objection(ca, test_certificate("IP:::1", &ca), "::1").empty());
  CHECK(objection(ca, test_certificate("DNS:om.internal", &ca), "10.0.0.1", "om.internal").empty());
}

TEST_CASE("an objection names its cause") {
  const test_certificate ca("DNS:Test CA");
  const test_certificate other("DNS:Other CA");
  CHECK(objection(ca, test_certificate("DNS:om1.internal", &ca), "ops1") ==
        "certificate is for om1.internal, backend is called ops1");
  CHECK(objection(ca, test_certificate("DNS:a,DNS:b,IP:10.0.0.1,IP:2001:db8::1,DNS:e", &ca), "ops1") ==
        "certificate is for a, b, 10.0.0.1, 2001:db8:0:0:0:0:0:1, …, backend is called ops1");
  CHECK(objection(ca, test_certificate("DNS:a*.example.com", &ca), "ab.example.com") ==
        "certificate is for a*.example.com, backend is called ab.example.com");
  CHECK(objection(ca, test_certificate("IP:127.0.0.2", &ca), "127.0.0.1") ==
        "certificate is for 127.0.0.2, backend is called 127.0.0.1");
  CHECK(objection(ca, test_certificate("DNS:om", &ca), "om", "other.internal") ==
        "certificate is for om, backend is called other.internal");
  CHECK(objection(ca, test_certificate("DNS:ops1", &other), "ops1") ==
        "certificate was issued by CN=Other CA, which backend_tls.ca does not vouch for");
  CHECK(objection(ca, test_certificate("DNS:ops1"), "ops1") ==
        "certificate of CN=ops1 is self-signed, and not in backend_tls.ca");
  CHECK_THAT(objection(ca, test_certificate("DNS:ops1", &ca, -1), "ops1"),
             Catch::Matchers::StartsWith("certificate of CN=ops1 expired on 20"));
}

TEST_CASE("without verification every certificate will do") {
  backend_tls_config settings;
  settings.verify = false;
  client_context clients(settings);
  const test_certificate shown("DNS:om1.internal");
  const auto serving = shown.serving();
  engine_pair pair(clients.new_session("ops1", 443), serving.get());
  pair.shake_hands();
  CHECK(pair.stands());
}

TEST_CASE("a session is resumed with the backend it was made with, however its connection ended") {
  const bool orderly = GENERATE(true, false);
  const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
  backend_tls_config settings;
  settings.verify = false;
  client_context clients(settings);
  const test_certificate shown("DNS:ops1");
  const auto serving = shown.serving();
  SSL_CTX_set_max_proto_version(serving.get(), version);
  {
    engine_pair first(clients.new_session("ops1", 443), serving.get());
    first.shake_hands();
    REQUIRE(first.stands());
    CHECK(SSL_session_reused(first.client.session()) == 0);
    REQUIRE(first.server.encrypt("answer"));
    carry(first.server, first.client);
    CHECK(read_all(first.client).first == "answer");
    if (orderly) first.client.close_notify();
  }
  engine_pair again(clients.new_session("ops1", 443), serving.get());
  again.shake_hands();
  REQUIRE(again.stands());
  CHECK(SSL_session_reused(again.client.session()) == 1);
  engine_pair elsewhere(clients.new_session("ops2", 443), serving.get());
  elsewhere.shake_hands();
  REQUIRE(elsewhere.stands());
  CHECK(SSL_session_reused(elsewhere.client.session()) == 0);
}

TEST_CASE("a file that cannot be used is named with its key") {
  backend_tls_config settings;
  settings.ca = "/nowhere/ca.pem";
  CHECK_THROWS_WITH(client_context(settings),
                    Catch::Matchers::StartsWith("backend_tls.ca: /nowhere/ca.pem cannot be used: "));
}

}  // namespace opslb::tls
