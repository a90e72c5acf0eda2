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

/// One for all sessions of a thread: between two calls of OpenSSL it has nothing to remember but whose turn it is.
BIO* bio_of_this_thread() {
  static thread_local const bio_ptr bio(BIO_new(buffers_of_an_engine()));
  return bio.get();
}

/// SSL_get_error() would take what is left in the thread's queue for its own. Clearing it is slow even where it is empty.
void forget_errors() {
  if (ERR_peek_error() != 0) ERR_clear_error();
}

int as_int(std::size_t size) { return static_cast<int>(std::min<std::size_t>(size, INT_MAX)); }

}  // namespace

engine::engine(ssl_ptr session, buffer_pool& pool) : incoming(pool), outgoing(pool), session_(std::move(session)) {
  BIO* const bio = bio_of_this_thread();
  BIO_up_ref(bio);
  SSL_set_bio(session_.get(), bio, bio);
}

engine::~engine() {
  // A session whose connection ended without close_notify is resumable all the same (RFC 8446 6.1 no longer forbids it);
  // OpenSSL would mark it as bad.
  SSL_set_shutdown(session_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
}

SSL* engine::at_work() {
  forget_errors();
  BIO_set_data(SSL_get_rbio(session_.get()), this);
  return session_.get();
}

progress engine::explain(int result) {
  switch (SSL_get_error(session_.get(), result)) {
    case SSL_ERROR_NONE: return progress::done;
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE: return progress::needs_input;
    case SSL_ERROR_ZERO_RETURN: return progress::ended;
    default: break;
  }
  const unsigned long code = take_last_code();
  return fail({code, SSL_get_verify_result(session_.get()), error_text(code)});
}

progress engine::fail(failure why) {
  failure_ = std::make_unique<const failure>(std::move(why));
  return progress::failed;
}

const failure& engine::why() const {
  static const failure none;
  return failure_ ? *failure_ : none;
}

progress engine::handshake() {
  if (failure_) return progress::failed;
  return explain(SSL_do_handshake(at_work()));
}

progress engine::decrypt(buffer& into) {
  if (failure_) return progress::failed;
  bool any = false;
  for (;;) {
    const std::span<char> space = into.space();
    if (space.empty()) return progress::done;
    const int got = SSL_read(at_work(), space.data(), as_int(space.size()));
    if (got <= 0) {
      const progress why = explain(got);
      if (any) return progress::done;  // what has ended is found ended by the next call, too
      if (why == progress::needs_input && outgoing.ready().size() > most_unsent) {
        return fail({0, X509_V_OK, "the peer takes no answers"});
      }
      return why;
    }
    into.filled(static_cast<std::size_t>(got));
    any = true;
    if (incoming.empty() && SSL_pending(session_.get()) == 0) return progress::done;
  }
}

bool engine::encrypt(std::string_view plaintext) {
  if (failure_) return false;
  const int put = SSL_write(at_work(), plaintext.data(), as_int(plaintext.size()));
  return put > 0 || explain(put) == progress::done;
}

bool engine::may_have_plaintext() const {
  // A close_notify that came with the last bytes has left nothing behind that would be pending.
  const bool ended = (SSL_get_shutdown(session_.get()) & SSL_RECEIVED_SHUTDOWN) != 0;
  return ended || !incoming.empty() || SSL_has_pending(session_.get()) != 0;
}

progress engine::peek() {
  if (failure_) return progress::failed;
  char byte = 0;
  return explain(SSL_peek(at_work(), &byte, 1));
}

void engine::close_notify() {
  // A second SSL_shutdown() would read, and wait for the peer's.
  const bool said = (SSL_get_shutdown(session_.get()) & SSL_SENT_SHUTDOWN) != 0;
  if (failure_ || said || SSL_in_init(session_.get())) return;
  SSL_shutdown(at_work());
}

}  // namespace opslb::tls
