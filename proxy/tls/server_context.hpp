// What a listener needs to accept TLS: certificates chosen by name, protocol versions and ciphers, ALPN, session tickets,
// verification of clients. One per listener and worker, because OpenSSL's locks contend across threads; made by the main
// thread, used by the worker's. A reload makes new ones; connections keep the one that they began with.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/config.hpp"
#include "proxy/tls/certificate.hpp"
#include "proxy/tls/certificate_summary.hpp"
#include "proxy/tls/client_verification.hpp"
#include "proxy/tls/name_index.hpp"
#include "proxy/tls/ticket_keys.hpp"

namespace opslb::tls {

/// HTTP/2 is offered to clients.
inline constexpr bool offers_http2 = true;

/// The content of all files of a listener's "tls", read once for all workers.
struct server_files {
  struct pair {
    pem_file certificate, key;
  };
  std::vector<pair> certificates;
  pem_file client_ca, crl;  ///< with an empty path: none
};

/// Throws std::runtime_error, with a sentence for the operator, if a file cannot be read.
server_files read_files(const tls_config& settings);

class server_context {
 public:
  /// `listener` is what it is called: a session of one listener is not resumed at another. `tickets` outlives this. Throws
  /// std::runtime_error, with a sentence for the operator, if the files cannot be used.
  server_context(const tls_config& settings, const server_files& files, std::string_view listener,
                 const ticket_keys& tickets);
  server_context(const server_context&) = delete;
  server_context& operator=(const server_context&) = delete;

  /// A session set to accept, for one connection, which must not outlive this. Null where there is no memory.
  ssl_ptr accept() const;

  /// Any thread.
  const std::vector<certificate_summary>& certificates() const { return summaries_; }

 private:
  using numbers = std::vector<std::size_t>;

  void add_contexts(const std::vector<certificate>& all);
  ssl_ctx_ptr make_context(const std::vector<certificate>& all, const numbers& which);

  // Called by OpenSSL.
  static int on_server_name(SSL* session, int* alert, void* unused);
  static int on_ticket(SSL* session, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
                       EVP_MAC_CTX* signing, int encrypts);

  bool tls_1_3_only_;
  std::vector<certificate_summary> summaries_;
  const ticket_keys& tickets_;
  evp_cipher_ptr ticket_cipher_;
  client_verification clients_;
  std::array<unsigned char, 32> session_id_context_;
  std::vector<ssl_ctx_ptr> contexts_;  ///< the first is for whoever asks for no name that we have
  name_index names_;                   ///< to numbers of `contexts_`
};

/// The name of the protocol that client and server agreed on by ALPN; empty if the client offered none.
std::string_view chosen_protocol(const SSL* session);

}  // namespace opslb::tls
