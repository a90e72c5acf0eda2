// How a listener verifies its clients' certificates: against which CAs and lists of revoked ones, and what becomes of a
// handshake without a good one. Set on every context of the listener. One thread, as the contexts.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "proxy/config.hpp"
#include "proxy/tls/pem_file.hpp"

namespace opslb::tls {

class client_verification {
 public:
  /// `ca` and `crl` are files without content where there are none. Throws std::runtime_error, with a sentence for the
  /// operator, if they cannot be used.
  client_verification(client_certificate_mode mode, const pem_file& ca, const pem_file& crl);

  void set_on(SSL_CTX* context) const;

 private:
  client_certificate_mode mode_;
  std::vector<x509_ptr> authorities_;
  x509_store_ptr store_;
};

/// What is known of a client's certificate after the handshake.
struct client_certificate {
  bool shown = false;
  bool verified = false;
  std::string subject;  ///< of one that was shown
  std::string problem;  ///< why one that was shown does not count
};

/// A session that is resumed brings the verdict of its beginning along; that the certificate has not expired since is
/// looked at again. What else may have changed (CAs, lists, mode) makes sessions of before unusable.
client_certificate client_certificate_of(const SSL* session);

}  // namespace opslb::tls
