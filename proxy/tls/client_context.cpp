#include "proxy/tls/client_context.hpp"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <stdexcept>

#include "headers/address.hpp"
#include "proxy/tls/certificate_text.hpp"

namespace opslb::tls {
namespace {

void forget_text(void*, void* text, CRYPTO_EX_DATA*, int, long, void*) { delete static_cast<std::string*>(text); }

/// Where a session keeps what is wrong with the peer's certificate: OpenSSL drops the certificate itself.
int complaint_slot() {
  static const int slot = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, forget_text);
  return slot;
}

void complain(SSL* session, std::string text) {
  delete static_cast<std::string*>(SSL_get_ex_data(session, complaint_slot()));
  SSL_set_ex_data(session, complaint_slot(), new std::string(std::move(text)));
}

std::string describe(int error, X509* certificate, std::string_view host) {
  switch (error) {
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return fmt::format("certificate is for {}, backend is called {}", names_of(certificate), host);
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return fmt::format("certificate of {} expired on {}", subject_of(certificate), expiry_of(certificate));
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return fmt::format("certificate of {} is not valid yet", subject_of(certificate));
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return fmt::format("certificate of {} is self-signed, and not in backend_tls.ca", subject_of(certificate));
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
      return fmt::format("certificate was issued by {}, which backend_tls.ca does not vouch for",
                         issuer_of(certificate));
    default: return X509_verify_cert_error_string(error);
  }
}

/// Where a session keeps whom it is with. Not SSL_set_app_data(), whose slot Asio takes for its own.
int peer_slot() {
  static const int slot = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return slot;
}

known_backend& peer_of(const SSL* session) {
  return *static_cast<known_backend*>(SSL_get_ex_data(session, peer_slot()));
}

/// Returns 1: the reference is ours now.
int remember(SSL* session, SSL_SESSION* resumable) {
  peer_of(session).session.reset(resumable);
  return 1;
}

int verify(int good, X509_STORE_CTX* state) {
  if (good == 1) return good;
  auto* session = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(state, SSL_get_ex_data_X509_STORE_CTX_idx()));
  complain(session,
           describe(X509_STORE_CTX_get_error(state), X509_STORE_CTX_get_current_cert(state), peer_of(session).name));
  return good;
}

[[noreturn]] void refuse(std::string_view key, std::string_view file) {
  throw std::runtime_error(fmt::format("backend_tls.{}: {} cannot be used: {}", key, file, take_last_error()));
}

void trust(SSL_CTX* ctx, const std::string& ca) {
  const int loaded = ca.empty() ? SSL_CTX_set_default_verify_paths(ctx) : SSL_CTX_load_verify_file(ctx, ca.c_str());
  if (loaded != 1) refuse("ca", ca.empty() ? "the system's store" : ca);
}

void identify(SSL_CTX* ctx, const backend_tls_config& settings) {
  if (settings.certificate.empty()) return;
  if (SSL_CTX_use_certificate_chain_file(ctx, settings.certificate.c_str()) != 1)
    refuse("certificate", settings.certificate);
  if (SSL_CTX_use_PrivateKey_file(ctx, settings.key.c_str(), SSL_FILETYPE_PEM) != 1) refuse("key", settings.key);
}

}  // namespace

client_context::client_context(const backend_tls_config& settings)
    : ctx_(SSL_CTX_new(TLS_client_method())),
      server_name_(settings.server_name) {
  if (!ctx_) throw std::runtime_error("OpenSSL gives no context: " + take_last_error());
  SSL_CTX* ctx = ctx_.get();
  SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
  SSL_CTX_set_options(ctx, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
  // RFC 7301 3.1: one name, with its length before it. Backends are spoken to in HTTP/1.1 only.
  constexpr unsigned char protocols[] = "\x08http/1.1";
  SSL_CTX_set_alpn_protos(ctx, protocols, sizeof protocols - 1);
  trust(ctx, settings.ca);
  identify(ctx, settings);
  SSL_CTX_set_verify(ctx, settings.verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, verify);
  SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(ctx, remember);
}

ssl_ptr client_context::new_session(const std::string& host, std::uint16_t port) {
  known_backend& peer = backends_[{host, port}];
  if (peer.name.empty()) peer.name = server_name_.empty() ? host : server_name_;
  ssl_ptr session(SSL_new(ctx_.get()));
  SSL* ssl = session.get();
  SSL_set_ex_data(ssl, peer_slot(), &peer);
  if (headers::ip_address::parse(peer.name)) {
    // RFC 6066 3: no address in server_name.
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), peer.name.c_str());
  } else {
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    SSL_set1_host(ssl, peer.name.c_str());
    // What SSL_set_tlsext_host_name() stands for, whose C cast is no good here.
    SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, peer.name.data());
  }
  if (peer.session) SSL_set_session(ssl, peer.session.get());
  SSL_set_connect_state(ssl);
  return session;
}

std::string close_notify_of(SSL& session) {
  BIO* record = BIO_new(BIO_s_mem());
  if (record == nullptr) return {};
  SSL_set0_wbio(&session, record);
  SSL_shutdown(&session);
  std::string bytes(BIO_ctrl_pending(record), '\0');
  BIO_read(record, bytes.data(), static_cast<int>(bytes.size()));
  ERR_clear_error();
  return bytes;
}

std::string why_failed(const SSL& session, std::string text) {
  if (SSL_get_verify_result(&session) != X509_V_OK) {
    const auto* complaint = static_cast<const std::string*>(SSL_get_ex_data(&session, complaint_slot()));
    return complaint != nullptr ? *complaint : X509_verify_cert_error_string(SSL_get_verify_result(&session));
  }
  if (text == "wrong version number") return "no TLS spoken there, perhaps plain HTTP";
  if (text.empty() || text == "unexpected eof while reading" || text == "unknown error")
    return "connection closed in the handshake";
  return text;
}

}  // namespace opslb::tls
