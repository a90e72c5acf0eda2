#include "proxy/tls/handshake_fault.hpp"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/x509_vfy.h>

namespace opslb::tls {
namespace {

refused_connection cause_of(int reason) {
  switch (reason) {
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_VERSION_TOO_LOW:
    case SSL_R_NO_PROTOCOLS_AVAILABLE:
    case SSL_R_INAPPROPRIATE_FALLBACK: return refused_connection::tls_version;
    case SSL_R_NO_SHARED_CIPHER:
    case SSL_R_NO_SUITABLE_KEY_SHARE:
    case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
    case SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS: return refused_connection::tls_cipher;
    case SSL_R_NO_APPLICATION_PROTOCOL: return refused_connection::tls_protocol;
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE: return refused_connection::tls_no_certificate;
    case SSL_R_CERTIFICATE_VERIFY_FAILED: return refused_connection::tls_bad_certificate;
    default: return refused_connection::tls_other;
  }
}

}  // namespace

handshake_fault explain_handshake(const failure& why) {
  const int reason = ERR_GET_REASON(why.code);
  // OpenSSL gives an alert of the peer as its number above this (RFC 8446 6 lists the numbers).
  if (ERR_GET_LIB(why.code) == ERR_LIB_SSL && reason >= SSL_AD_REASON_OFFSET && reason <= SSL_AD_REASON_OFFSET + 255)
    return {refused_connection::tls_alert, SSL_alert_desc_string_long(reason - SSL_AD_REASON_OFFSET)};
  const refused_connection cause = cause_of(reason);
  if (cause == refused_connection::tls_bad_certificate) return {cause, X509_verify_cert_error_string(why.verify)};
  return {cause, why.text};
}

}  // namespace opslb::tls
