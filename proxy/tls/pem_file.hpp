// PEM files as objects: certificates, a private key, lists of revoked certificates. Says what is wrong with a file in words
// that name it, and what to do. Whether the objects fit together is for certificate.hpp. Main thread; reads files.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "proxy/config_outcome.hpp"
#include "proxy/tls/openssl.hpp"

namespace opslb::tls {

/// A file read as a whole, for the messages under the name that it has.
struct pem_file {
  std::string path;
  std::string text;
};

/// Everything that a PEM file for TLS may be is far smaller than the 8 MiB at which this stops.
outcome<pem_file> read_pem_file(const std::string& path);

/// All certificates in it, in their order; at least one.
outcome<std::vector<x509_ptr>> to_certificates(const pem_file& file);
/// The first private key in it. One with a passphrase is refused: nobody is there to type it.
outcome<evp_pkey_ptr> to_private_key(const pem_file& file);
/// All lists in it; at least one.
outcome<std::vector<x509_crl_ptr>> to_revocation_lists(const pem_file& file);

}  // namespace opslb::tls
