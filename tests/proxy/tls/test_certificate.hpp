// A certificate and its key, made in memory by the test that needs one: self-signed, or signed by another.
#pragma once

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <catch2/catch_all.hpp>
#include <string>

#include "proxy/tls/openssl.hpp"

namespace opslb::tls {

struct test_certificate {
  evp_pkey_ptr key;
  x509_ptr x509;

  /// `names`: as OpenSSL writes them, "DNS:ops1,IP:127.0.0.1". Valid from yesterday for `days`, which may be negative.
  explicit test_certificate(const std::string& names, const test_certificate* issuer = nullptr, int days = 30)
      : key(EVP_EC_gen("P-256")),
        x509(X509_new()) {
    static long serial = 0;
    constexpr long day = 24L * 60 * 60;
    X509* made = x509.get();
    X509_set_version(made, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(made), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(made), -40 * day);
    X509_gmtime_adj(X509_getm_notAfter(made), days * day);
    X509_set_pubkey(made, key.get());
    const std::string common_name = names.substr(names.find(':') + 1, names.find(',') - names.find(':') - 1);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(made), "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1, 0);
    X509_set_issuer_name(made, X509_get_subject_name(issuer == nullptr ? made : issuer->x509.get()));
    add(NID_basic_constraints, issuer == nullptr ? "critical,CA:TRUE" : "CA:FALSE");
    add(NID_subject_alt_name, names);
    REQUIRE(X509_sign(made, (issuer == nullptr ? *this : *issuer).key.get(), EVP_sha256()) > 0);
  }

  std::string pem() const {
    return written([this](BIO* out) { PEM_write_bio_X509(out, x509.get()); });
  }
  std::string key_pem() const {
    return written(
        [this](BIO* out) { PEM_write_bio_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr); });
  }

  /// A context that serves with it.
  ssl_ctx_ptr serving() const {
    ssl_ctx_ptr ctx(SSL_CTX_new(TLS_server_method()));
    REQUIRE(SSL_CTX_use_certificate(ctx.get(), x509.get()) == 1);
    REQUIRE(SSL_CTX_use_PrivateKey(ctx.get(), key.get()) == 1);
    return ctx;
  }

 private:
  template <typename Write>
  static std::string written(Write write) {
    const bio_ptr out(BIO_new(BIO_s_mem()));
    write(out.get());
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(out.get(), &bytes);
    return {bytes, static_cast<std::size_t>(size)};
  }

  void add(int what, const std::string& value) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, what, value.c_str());
    REQUIRE(extension != nullptr);
    X509_add_ext(x509.get(), extension, -1);
    X509_EXTENSION_free(extension);
  }
};

}  // namespace opslb::tls
