#include "proxy/tls/server_context.hpp"

#include <fmt/format.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/rand.h>

#include <algorithm>
#include <cstring>
#include <ctime>
#include <map>
#include <set>
#include <stdexcept>

#include "proxy/tls/certificate_text.hpp"

using namespace std::string_view_literals;

namespace opslb::tls {
namespace {

// Mozilla's "intermediate" without DHE: forward secrecy and authenticated encryption only. The client's order counts,
// because it knows whether it has AES in hardware. TLS 1.3 has nothing else in the first place.
constexpr auto ciphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr auto suites = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
constexpr auto groups = "X25519:P-256:P-384";
// Before them, where OpenSSL knows it (3.5 does): what is recorded today is not read once there are quantum computers.
constexpr auto groups_to_come = "X25519MLKEM768:X25519:P-256:P-384";

/// RFC 7301 3.1: each with its length in front, the one that we like best first.
constexpr auto protocols = offers_http2 ? "\x02h2\x08http/1.1\x08http/1.0"sv : "\x08http/1.1\x08http/1.0"sv;

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

/// RFC 7301 3.2: a client that offers only what we do not speak gets the alert no_application_protocol.
int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* offered,
                    unsigned int offered_size, void*) {
  unsigned char* chosen = nullptr;
  const int result = SSL_select_next_proto(&chosen, out_size, bytes_of(protocols),
                                           static_cast<unsigned int>(protocols.size()), offered, offered_size);
  *out = chosen;
  return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

void require(bool good, std::string_view what) {
  if (!good) throw std::runtime_error(fmt::format("OpenSSL cannot {}: {}", what, take_last_error()));
}

ssl_ctx_ptr bare_context(bool tls_1_3_only) {
  ssl_ctx_ptr made(SSL_CTX_new(TLS_server_method()));
  require(made != nullptr, "make a TLS context");
  SSL_CTX* context = made.get();
  require(SSL_CTX_set_min_proto_version(context, tls_1_3_only ? TLS1_3_VERSION : TLS1_2_VERSION) == 1 &&
              SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) == 1,
          "use these TLS versions");
  require(SSL_CTX_set_cipher_list(context, ciphers) == 1 && SSL_CTX_set_ciphersuites(context, suites) == 1,
          "use these ciphers");
  require(SSL_CTX_set1_groups_list(context, groups_to_come) == 1 || SSL_CTX_set1_groups_list(context, groups) == 1,
          "use these groups");
  ERR_clear_error();
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  // What a connection that waits need not hold is given back. What a certificate's file has behind it is all the chain
  // there is: the CAs of clients have no place in it.
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_NO_AUTO_CHAIN);
  // Sessions live in the clients' tickets. Early data, which whoever recorded it can send again, is off by default.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_timeout(context, static_cast<long>(ticket_keys::ticket_lifetime.count()));
  // One for each full handshake, not OpenSSL's two, and none for a resumed one. A client that uses each of them once, as RFC
  // 8446 C.4 asks for, has every other connection resumed, not two of three; on average that costs the same, since each
  // ticket is a copy of the session, encrypted and sent. For all others, those that never come back first, it is cheaper.
  SSL_CTX_set_num_tickets(context, 1);
  SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
  return made;
}

void use_certificate(SSL_CTX* context, const certificate& what) {
  const auto free_stack = [](STACK_OF(X509) * all) { sk_X509_free(all); };
  const std::unique_ptr<STACK_OF(X509), decltype(free_stack)> chain(sk_X509_new_null(), free_stack);
  for (const auto& each : what.chain) sk_X509_push(chain.get(), each.get());
  require(SSL_CTX_use_cert_and_key(context, what.leaf.get(), what.key.get(), chain.get(), 0) == 1,
          fmt::format("use the certificate \"{}\"", subject_of(what.leaf.get())));
}

/// Tickets of another listener, or of before a change of who is let in, are not taken: a session brings along that its
/// client was verified.
std::array<unsigned char, 32> make_session_id_context(std::string_view listener, client_certificate_mode mode,
                                                      const server_files& files) {
  const auto text = fmt::format("{} {}\n{} {}\n{}{}", listener.size(), listener, static_cast<int>(mode),
                                files.client_ca.text.size(), files.client_ca.text, files.crl.text);
  std::array<unsigned char, 32> digest{};
  require(EVP_Digest(text.data(), text.size(), digest.data(), nullptr, EVP_sha256(), nullptr) == 1, "use SHA-256");
  return digest;
}

pem_file read_or_throw(const std::string& path) {
  if (path.empty()) return {};
  auto file = read_pem_file(path);
  if (!file.value) throw std::runtime_error(file.wrong);
  return std::move(*file.value);
}

certificate load_or_throw(const server_files::pair& files) {
  std::vector<certificate_finding> found;
  auto loaded = load_certificate(files.certificate, files.key, certificate_use::server, std::time(nullptr), found);
  for (const auto& each : found) {
    if (each.how_bad == certificate_finding::severity::error) throw std::runtime_error(each.message);
  }
  return loaded;
}

}  // namespace

server_files read_files(const tls_config& settings) {
  server_files files;
  for (const auto& each : settings.certificates)
    files.certificates.push_back({read_or_throw(each.certificate), read_or_throw(each.key)});
  if (settings.client_certificate != client_certificate_mode::none) {
    files.client_ca = read_or_throw(settings.client_ca);
    files.crl = read_or_throw(settings.crl);
  }
  return files;
}

server_context::server_context(const tls_config& settings, const server_files& files, std::string_view listener,
                               const ticket_keys& tickets)
    : tls_1_3_only_(settings.tls_1_3_only),
      tickets_(tickets),
      ticket_cipher_(EVP_CIPHER_fetch(nullptr, "AES-256-CBC", nullptr)),
      clients_(settings.client_certificate, files.client_ca, files.crl),
      session_id_context_(make_session_id_context(listener, settings.client_certificate, files)) {
  require(ticket_cipher_ != nullptr, "use AES");
  std::vector<certificate> all;
  for (const auto& each : files.certificates) {
    all.push_back(load_or_throw(each));
    summaries_.push_back(summarize(*all.back().leaf, each.certificate.path));
  }
  add_contexts(all);
}

/// A name may have several certificates, one for each type of key: RSA for old clients, ECDSA for the others. Each set of
/// certificates that some name has makes a context.
void server_context::add_contexts(const std::vector<certificate>& all) {
  std::vector<std::set<std::string>> names;
  std::map<std::string, numbers> by_name;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto of_this = host_names_of(*all[i].leaf);
    names.emplace_back(of_this.begin(), of_this.end());
    for (const auto& name : names.back()) by_name[name].push_back(i);
  }
  numbers by_default;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (names[i] == names.front()) by_default.push_back(i);
  }
  std::map<numbers, std::size_t> made;
  const auto context_of = [&](const numbers& which) {
    const auto [at, is_new] = made.try_emplace(which, contexts_.size());
    if (is_new) contexts_.push_back(make_context(all, which));
    return at->second;
  };
  context_of(by_default);
  for (const auto& [name, which] : by_name) names_.add(name, context_of(which));
}

/// Of two certificates with the same type of key the first counts.
ssl_ctx_ptr server_context::make_context(const std::vector<certificate>& all, const numbers& which) {
  auto made = bare_context(tls_1_3_only_);
  SSL_CTX* context = made.get();
  std::set<int> types;
  for (const auto number : which) {
    if (types.insert(EVP_PKEY_get_base_id(all[number].key.get())).second) use_certificate(context, all[number]);
  }
  clients_.set_on(context);
  SSL_CTX_set_session_id_context(context, session_id_context_.data(),
                                 static_cast<unsigned int>(session_id_context_.size()));
  SSL_CTX_set_app_data(context, this);
  // What SSL_CTX_set_tlsext_servername_callback() is, but for its C cast.
  SSL_CTX_callback_ctrl(context, SSL_CTRL_SET_TLSEXT_SERVERNAME_CB, reinterpret_cast<void (*)()>(on_server_name));
  SSL_CTX_set_tlsext_ticket_key_evp_cb(context, on_ticket);
  return made;
}

ssl_ptr server_context::accept() const {
  ssl_ptr session(SSL_new(contexts_.front().get()));
  if (session) SSL_set_accept_state(session.get());
  return session;
}

int server_context::on_server_name(SSL* session, int*, void*) {
  const auto& self = *static_cast<const server_context*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(session)));
  const char* name = SSL_get_servername(session, TLSEXT_NAMETYPE_host_name);
  const auto found = name == nullptr ? std::nullopt : self.names_.find(name);
  if (!found) return SSL_TLSEXT_ERR_NOACK;
  SSL_set_SSL_CTX(session, self.contexts_[*found].get());
  return SSL_TLSEXT_ERR_OK;
}

int server_context::on_ticket(SSL* session, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
                              EVP_MAC_CTX* signing, int encrypts) {
  constexpr int failed = -1;
  constexpr int unknown = 0;
  constexpr int good = 1;
  constexpr int good_but_replace = 2;
  const auto& self = *static_cast<const server_context*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(session)));
  bool is_newest = true;
  ticket_key key;
  if (encrypts != 0) {
    key = self.tickets_.newest();
    std::memcpy(name, key.name.data(), key.name.size());
    if (RAND_bytes(iv, EVP_CIPHER_get_iv_length(self.ticket_cipher_.get())) != 1) return failed;
  } else {
    const auto found = self.tickets_.find(std::span<const unsigned char, 16>(name, 16), is_newest);
    if (!found) return unknown;
    key = *found;
  }
  const int set =
      EVP_CipherInit_ex(cipher, self.ticket_cipher_.get(), nullptr, key.cipher.data(), iv, encrypts != 0 ? 1 : 0);
  char digest[] = "SHA256";
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key.signing.data(), key.signing.size()),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), OSSL_PARAM_construct_end()};
  const bool is_set = set == 1 && EVP_MAC_CTX_set_params(signing, parameters) == 1;
  OPENSSL_cleanse(&key, sizeof key);
  if (!is_set) return failed;
  return is_newest ? good : good_but_replace;
}

std::string_view chosen_protocol(const SSL* session) {
  const unsigned char* name = nullptr;
  unsigned int size = 0;
  SSL_get0_alpn_selected(session, &name, &size);
  return {reinterpret_cast<const char*>(name), size};
}

}  // namespace opslb::tls
