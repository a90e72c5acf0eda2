// Certificates in words, for messages to the operator. Pure.
#pragma once

#include <openssl/x509.h>

#include <string>

namespace opslb::tls {

/// The names it is for, "om1.internal, *.internal, 10.0.0.1"; its subject where it has none. At most four, then "…".
std::string names_of(const X509* certificate);
/// "CN=ops1,O=Example".
std::string subject_of(const X509* certificate);
std::string issuer_of(const X509* certificate);
/// "2026-11-22", the last day on which it is valid, UTC.
std::string expiry_of(const X509* certificate);

}  // namespace opslb::tls
