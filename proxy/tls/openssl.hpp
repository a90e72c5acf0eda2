// OpenSSL's objects as owning pointers, and its error queue as text. Nothing else: what is done with them stands with
// whoever does it. An object is used by one thread at a time unless its manual page says otherwise.
#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

namespace opslb::tls {

template <auto Free>
struct freed_by {
  template <typename Object>
  void operator()(Object* object) const {
    Free(object);
  }
};

using ssl_ptr = std::unique_ptr<SSL, freed_by<&SSL_free>>;
using ssl_ctx_ptr = std::unique_ptr<SSL_CTX, freed_by<&SSL_CTX_free>>;
using ssl_session_ptr = std::unique_ptr<SSL_SESSION, freed_by<&SSL_SESSION_free>>;
using x509_ptr = std::unique_ptr<X509, freed_by<&X509_free>>;
using x509_crl_ptr = std::unique_ptr<X509_CRL, freed_by<&X509_CRL_free>>;
using x509_store_ptr = std::unique_ptr<X509_STORE, freed_by<&X509_STORE_free>>;
using evp_pkey_ptr = std::unique_ptr<EVP_PKEY, freed_by<&EVP_PKEY_free>>;
using evp_cipher_ptr = std::unique_ptr<EVP_CIPHER, freed_by<&EVP_CIPHER_free>>;
using bio_ptr = std::unique_ptr<BIO, freed_by<&BIO_free_all>>;

/// The reason of an error code, as OpenSSL words it ("no shared cipher"); "unknown error" where it has none.
std::string error_text(unsigned long code);
/// The last error in this thread's queue that says what failed; 0 if there is none. Empties the queue.
unsigned long take_last_code();
/// The reason of that error.
std::string take_last_error();

}  // namespace opslb::tls
