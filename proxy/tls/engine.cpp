#include "proxy/tls/engine.hpp"

#include <openssl/err.h>

#include <algorithm>
#include <climits>
#include <cstring>

namespace opslb::tls {
namespace {

/// A peer that makes us answer (key updates) and takes none of the answers.
constexpr std::size_t most_unsent = 256 * 1024;

int take_incoming(BIO* bio, char* to, int size) {
  BIO_clear_retry_flags(bio);
  buffer& from = static_cast<engine*>(BIO_get_data(bio))->incoming;
  const std::size_t taken = std::min(from.ready().size(), static_cast<std::size_t>(std::max(size, 0)));
  if (taken == 0) {
    BIO_set_retry_read(bio);
    return -1;
  }
  std::memcpy(to, from.ready().data(), taken);
  from.consume(taken);
  return static_cast<int>(taken);
}

int put_outgoing(BIO* bio, const char* from, int size) {
  BIO_clear_retry_flags(bio);
  static_cast<engine*>(BIO_get_data(bio))->outgoing.append({from, static_cast<std::size_t>(std::max(size, 0))});
  return size;
}

long control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

int begin(BIO* bio) {
  BIO_set_init(bio, 1);
  return 1;
}

/// The one kind of BIO that opslb has: reads from and writes to an engine's buffers, and never blocks.
const BIO_METHOD* buffers_of_an_engine() {
  static const BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "opslb buffers");
    BIO_meth_set_read(made, take_incoming);
    BIO_meth_set_write(made, put_outgoing);
    BIO_meth_set_ctrl(made, control);
    BIO_meth_set_create(made, begin);
    return made;
  }();
  return method;
}

/// SSL_get_error() would take what is left in the thread's queue for its own. Clearing it is slow even where it is empty.
void forget_errors() {
  if (ERR_peek_error() != 0) ERR_clear_error();
}

int as_int(std::size_t size) { return static_cast<int>(std::min<std::size_t>(size, INT_MAX)); }

}  // namespace

engine::engine(ssl_ptr session, buffer_pool& pool) : incoming(pool), outgoing(pool), session_(std::move(session)) {
  BIO* bio = BIO_new(buffers_of_an_engine());
  BIO_set_data(bio, this);
  SSL_set_bio(session_.get(), bio, bio);
}

engine::~engine() {
  // A session whose connection ended without close_notify is resumable all the same (RFC 8446 6.1 no longer forbids it);
  // OpenSSL would mark it as bad.
  SSL_set_shutdown(session_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
}

progress engine::explain(int result) {
  switch (SSL_get_error(session_.get(), result)) {
    case SSL_ERROR_NONE: return progress::done;
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE: return progress::needs_input;
    case SSL_ERROR_ZERO_RETURN: return progress::ended;
    default: break;
  }
  failed_ = true;
  failure_.code = ERR_peek_last_error();
  failure_.verify = SSL_get_verify_result(session_.get());
  failure_.text = take_last_error();
  return progress::failed;
}

progress engine::handshake() {
  if (failed_) return progress::failed;
  forget_errors();
  return explain(SSL_do_handshake(session_.get()));
}

progress engine::decrypt(buffer& into) {
  if (failed_) return progress::failed;
  bool any = false;
  for (;;) {
    const std::span<char> space = into.space();
    if (space.empty()) return progress::done;
    forget_errors();
    const int got = SSL_read(session_.get(), space.data(), as_int(space.size()));
    if (got <= 0) {
      const progress why = explain(got);
      if (any) return progress::done;  // what has ended is found ended by the next call, too
      if (why == progress::needs_input && outgoing.ready().size() > most_unsent) {
        failed_ = true;
        failure_.text = "the peer takes no answers";
        return progress::failed;
      }
      return why;
    }
    into.filled(static_cast<std::size_t>(got));
    any = true;
    if (incoming.empty() && SSL_pending(session_.get()) == 0) return progress::done;
  }
}

bool engine::encrypt(std::string_view plaintext) {
  if (failed_) return false;
  forget_errors();
  const int put = SSL_write(session_.get(), plaintext.data(), as_int(plaintext.size()));
  return put > 0 || explain(put) == progress::done;
}

bool engine::may_have_plaintext() const {
  // A close_notify that came with the last bytes has left nothing behind that would be pending.
  const bool ended = (SSL_get_shutdown(session_.get()) & SSL_RECEIVED_SHUTDOWN) != 0;
  return ended || !incoming.empty() || SSL_has_pending(session_.get()) != 0;
}

progress engine::peek() {
  if (failed_) return progress::failed;
  forget_errors();
  char byte = 0;
  return explain(SSL_peek(session_.get(), &byte, 1));
}

void engine::close_notify() {
  if (failed_ || SSL_in_init(session_.get())) return;
  forget_errors();
  SSL_shutdown(session_.get());
}

}  // namespace opslb::tls
