// TLS between a connection's plaintext and its ciphertext: OpenSSL reading from one buffer and writing to another, so that
// no socket is known here. The buffers' blocks come from the worker's pool and go back when they are empty: a connection
// that waits holds only what OpenSSL itself needs. Owned by a transport. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "proxy/buffer.hpp"
#include "proxy/tls/openssl.hpp"

namespace opslb::tls {

/// What came of one step.
enum class progress : std::uint8_t {
  done,
  needs_input,  ///< more ciphertext has to come first
  ended,        ///< the peer has said that it sends no more (close_notify)
  failed,       ///< for good; `failure()` says why, and an alert for the peer may be in `outgoing`
};

/// Why it failed.
struct failure {
  unsigned long code = 0;   ///< OpenSSL's, for ERR_GET_REASON; 0 where it gave none
  long verify = X509_V_OK;  ///< what the verification of the peer's certificate came to
  std::string text;         ///< for the log
};

class engine {
 public:
  /// Of the plaintext given to encrypt() at most this much goes into one record (RFC 8446 5.1).
  static constexpr std::size_t record_size = 16 * 1024;
  /// By so much a record is longer at most, with the ciphers that are used.
  static constexpr std::size_t most_overhead = 256;

  /// `session` is set to accept or to connect. `pool` outlives this.
  engine(ssl_ptr session, buffer_pool& pool);
  ~engine();
  engine(const engine&) = delete;
  engine& operator=(const engine&) = delete;

  buffer incoming;  ///< ciphertext that came and was not used yet
  buffer outgoing;  ///< ciphertext to be sent

  progress handshake();
  /// Appends what `incoming` holds to `into`, as far as `into` has room. `done`: at least one byte.
  progress decrypt(buffer& into);
  /// Makes one record of at most `record_size` bytes. False: failed.
  bool encrypt(std::string_view plaintext);
  /// Something of the peer may be left in here, if only a part of a record.
  bool may_have_plaintext() const;
  /// Can a byte of plaintext be had without more input? Takes in what is no application data. `done`: yes.
  progress peek();
  /// RFC 8446 6.1: no more will be sent. Without it the peer must take what it got for truncated.
  void close_notify();

  SSL* session() const { return session_.get(); }
  const failure& why() const;

 private:
  /// The session, for a call of OpenSSL that may want our buffers.
  SSL* at_work();
  /// What a call of OpenSSL that returned `result` means.
  progress explain(int result);
  progress fail(failure why);

  ssl_ptr session_;
  std::unique_ptr<const failure> failure_;  ///< null: it has not failed
};

}  // namespace opslb::tls
