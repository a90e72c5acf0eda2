#include "proxy/tls/certificate.hpp"

#include <catch2/catch_all.hpp>
#include <string>
#include <vector>

#include "test_certificate.hpp"

using namespace opslb::tls;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::Equals;

namespace {

using severity = certificate_finding::severity;
using where = certificate_finding::file;

constexpr std::time_t day = 24L * 60 * 60;

struct judged {
  certificate made;
  std::vector<certificate_finding> found;
};

judged load(const std::string& chain, const std::string& key, std::time_t now = std::time(nullptr)) {
  judged out;
  out.made = load_certificate({"lb.pem", chain}, {"lb.key", key}, certificate_use::server, now, out.found);
  return out;
}

/// Good for a year, so that nothing of its end is told.
const test_certificate& authority() {
  static const test_certificate made("DNS:authority", nullptr, 365);
  return made;
}
const test_certificate& server() {
  static const test_certificate made("DNS:lb.example.com", &authority(), 365);
  return made;
}

}  // namespace

TEST_CASE("a certificate comes with its chain and key") {
  const auto [made, found] = load(server().pem() + authority().pem(), server().key_pem());
  CHECK(found.empty());
  REQUIRE(made.leaf);
  REQUIRE(made.key);
  CHECK(X509_cmp(made.leaf.get(), server().x509.get()) == 0);
  REQUIRE(made.chain.size() == 1);
  CHECK(X509_cmp(made.chain[0].get(), authority().x509.get()) == 0);
}

TEST_CASE("text around the certificates does no harm") {
  const auto [made, found] = load("subject=/CN=lb\n\n" + server().pem() + "# the end\n", "key:\n" + server().key_pem());
  CHECK(found.empty());
  CHECK(made.chain.empty());
}

TEST_CASE("the days of a certificate are judged by the time that is given") {
  const auto [days, expected, words] = GENERATE(table<int, int, std::string>({
      {-41, 1, "is not valid before"},
      {-39, 0, ""},
      {0, 0, ""},
      {334, 0, ""},
      {336, 2, "expires on"},
      {364, 2, "expires on"},
      {366, 1, "expired on"},
  }));
  CAPTURE(days);
  const auto found = load(server().pem(), server().key_pem(), std::time(nullptr) + days * day).found;
  if (expected == 0) {
    CHECK(found.empty());
  } else {
    REQUIRE(found.size() == 1);
    CHECK(found[0].how_bad == (expected == 1 ? severity::error : severity::warning));
    CHECK(found[0].where == where::certificate);
    CHECK_THAT(found[0].message, ContainsSubstring("\"CN=lb.example.com\" " + words));
  }
}

TEST_CASE("a key that does not fit is an error of the key, and one behind its chain of the certificate") {
  const auto other = load(server().pem(), authority().key_pem()).found;
  REQUIRE(other.size() == 1);
  CHECK(other[0].where == where::key);
  CHECK(other[0].message == R"("lb.key" does not fit the certificate in "lb.pem")");
  const auto behind = load(authority().pem() + server().pem(), server().key_pem()).found;
  REQUIRE_FALSE(behind.empty());
  CHECK(behind.back().where == where::certificate);
  CHECK_THAT(behind.back().message, ContainsSubstring("as number 2; put it first"));
}

TEST_CASE("both files are told of where both are wrong") {
  const auto found = load("", "").found;
  REQUIRE(found.size() == 2);
  CHECK(found[0].message == R"("lb.pem" has no certificate in PEM form)");
  CHECK(found[1].message == R"("lb.key" has no private key in PEM form)");
}

TEST_CASE("what is no PEM is an error, and never anything else") {
  const auto text = GENERATE(as<std::string>(), "-----BEGIN CERTIFICATE-----", "-----BEGIN CERTIFICATE-----\nMII\n",
                             "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n", std::string(1000, '\0'),
                             "-----BEGIN PRIVATE KEY-----\nMII\n-----END PRIVATE KEY-----\n");
  CHECK_FALSE(to_certificates({"a", text}).value);
  CHECK_FALSE(to_private_key({"a", text}).value);
  CHECK_FALSE(to_revocation_lists({"a", text}).value);
}

TEST_CASE("the names of a certificate are those of its hosts, in lower case") {
  const auto [names, expected] = GENERATE(table<std::string, std::vector<std::string>>({
      {"DNS:Lb.Example.COM,DNS:*.example.org", {"lb.example.com", "*.example.org"}},
      {"IP:127.0.0.1,DNS:a", {"a"}},
      {"IP:127.0.0.1", {}},
  }));
  CHECK_THAT(host_names_of(*test_certificate(names).x509), Equals(expected));
}
