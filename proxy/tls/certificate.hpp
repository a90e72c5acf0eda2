// A certificate with its chain and key, as one end of a connection shows it: loaded from text, and judged as a whole. The
// objects belong to one thread's context, so that OpenSSL's locks are never contended: whoever needs them again loads
// them again.
#pragma once

#include <cstdint>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/tls/openssl.hpp"
#include "proxy/tls/pem_file.hpp"

namespace opslb::tls {

struct certificate {
  x509_ptr leaf;
  std::vector<x509_ptr> chain;  ///< its issuer, then that one's
  evp_pkey_ptr key;
};

/// What is wrong with the files of a certificate, and with which of the two.
struct certificate_finding {
  enum class severity : std::uint8_t { warning, error };
  enum class file : std::uint8_t { certificate, key };
  severity how_bad = severity::error;
  file where = file::certificate;
  std::string message;
};

/// What a certificate is to be used for.
enum class certificate_use : std::uint8_t { server, client };

/// A certificate from its two files. Findings are added to `found`; with an error among them the certificate is not to be
/// used. `now` is what it has to be valid at.
certificate load_certificate(const pem_file& chain, const pem_file& key, certificate_use use, std::time_t now,
                             std::vector<certificate_finding>& found);

/// The host names that it is for, in lower case, with a leading "*." for any one label. Without any in its
/// subjectAltName (RFC 9110 4.3.4) the common name, which old servers were found by.
std::vector<std::string> host_names_of(const X509& certificate);

/// What is wrong with the CA certificates that clients are verified against, or with the lists of revoked ones.
std::vector<certificate_finding> judge_authorities(const std::vector<x509_ptr>& authorities, std::time_t now);
std::vector<certificate_finding> judge_revocation_lists(const std::vector<x509_crl_ptr>& lists,
                                                        const std::vector<x509_ptr>& authorities, std::time_t now);

}  // namespace opslb::tls
