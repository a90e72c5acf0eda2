#include "proxy/tls/client_verification.hpp"

#include <openssl/x509_vfy.h>

#include <stdexcept>
#include <utility>

#include "proxy/tls/certificate_text.hpp"

namespace opslb::tls {
namespace {

/// The list of the CA that signed a client's certificate must be there. That of the CA above it is looked at if there is
/// one, and not missed: whoever names only an intermediate CA has no list of its issuer.
int forgive_missing_lists_of_others(int ok, X509_STORE_CTX* verification) {
  if (ok == 1 || X509_STORE_CTX_get_error(verification) != X509_V_ERR_UNABLE_TO_GET_CRL ||
      X509_STORE_CTX_get_error_depth(verification) == 0) {
    return ok;
  }
  X509_STORE_CTX_set_error(verification, X509_V_OK);
  return 1;
}

/// Verifies, and goes on with the handshake whatever came of it; SSL_get_verify_result() knows.
int verify_and_go_on(X509_STORE_CTX* verification, void*) {
  if (X509_verify_cert(verification) != 1 && X509_STORE_CTX_get_error(verification) == X509_V_OK)
    X509_STORE_CTX_set_error(verification, X509_V_ERR_UNSPECIFIED);
  return 1;
}

void add_lists(X509_STORE* store, const pem_file& crl) {
  auto lists = to_revocation_lists(crl);
  if (!lists.value) throw std::runtime_error(lists.wrong);
  for (const auto& each : *lists.value) X509_STORE_add_crl(store, each.get());
  X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
  X509_STORE_set_verify_cb(store, forgive_missing_lists_of_others);
}

}  // namespace

client_verification::client_verification(client_certificate_mode mode, const pem_file& ca, const pem_file& crl)
    : mode_(mode) {
  if (mode_ == client_certificate_mode::none) return;
  auto authorities = to_certificates(ca);
  if (!authorities.value) throw std::runtime_error(authorities.wrong);
  authorities_ = std::move(*authorities.value);
  store_.reset(X509_STORE_new());
  for (const auto& each : authorities_) X509_STORE_add_cert(store_.get(), each.get());
  // Whoever is named is trusted, a CA above it or not.
  X509_STORE_set_flags(store_.get(), X509_V_FLAG_PARTIAL_CHAIN);
  if (!crl.path.empty()) add_lists(store_.get(), crl);
}

void client_verification::set_on(SSL_CTX* context) const {
  if (mode_ == client_certificate_mode::none) return;
  const bool required = mode_ == client_certificate_mode::required;
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | (required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), nullptr);
  if (!required) SSL_CTX_set_cert_verify_callback(context, verify_and_go_on, nullptr);
  SSL_CTX_set1_cert_store(context, store_.get());
  for (const auto& each : authorities_) SSL_CTX_add_client_CA(context, each.get());
}

client_certificate client_certificate_of(const SSL* session) {
  client_certificate out;
  const X509* shown = SSL_get0_peer_certificate(session);
  if (shown == nullptr) return out;
  out.shown = true;
  out.subject = subject_of(shown);
  const long verdict = SSL_get_verify_result(session);
  const bool has_expired = X509_cmp_current_time(X509_get0_notAfter(shown)) < 0;
  out.verified = verdict == X509_V_OK && !has_expired;
  if (!out.verified)
    out.problem = X509_verify_cert_error_string(verdict != X509_V_OK ? verdict : long{X509_V_ERR_CERT_HAS_EXPIRED});
  return out;
}

}  // namespace opslb::tls
