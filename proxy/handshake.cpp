#include "proxy/handshake.hpp"

#include <forward_list>

#include "proxy/linger.hpp"
#include "proxy/log.hpp"
#include "proxy/tls/handshake_fault.hpp"
#include "proxy/tls/server_context.hpp"

namespace opslb {
namespace {

/// A ClientHello begins with 0x16 (RFC 8446 5.1), or in the form of SSL 2 with a byte above 0x7F; a method does not.
bool looks_like_http(char first) { return first >= 'A' && first <= 'Z'; }

task<> explain_failure(client_connection& client, io_error error) {
  const tls::failure& why = client.stream.tls_failure();
  if (error == io_error::timed_out) {
    refuse_connection(client, refused_connection::tls_timed_out);
  } else if (!why.text.empty()) {
    const tls::handshake_fault fault = tls::explain_handshake(why);
    refuse_connection(client, fault.cause, fault.detail);
    // The alert says what was wrong, and a client of TLS 1.3 may have sent its request already.
    client.stream.abandon_tls();
    co_await linger(client);
  } else if (error == io_error::reset) {
    refuse_connection(client, refused_connection::tls_gave_up);
  }
}

/// One for each version and cipher, of which there are a handful.
const secured_by& without_certificate(std::string_view version, std::string_view cipher) {
  thread_local std::forward_list<secured_by> known;
  for (const secured_by& each : known) {
    if (each.version == version && each.cipher == cipher) return each;
  }
  return known.emplace_front(secured_by{version, cipher, false, {}});
}

/// What the session came to, for requests and their lines in the access log.
void take_facts(client_connection& client) {
  const SSL* session = client.stream.tls();
  client.peer.tls = true;
  client.secured = &without_certificate(SSL_get_version(session), SSL_get_cipher_name(session));
  if (client.listener->settings.tls->client_certificate == client_certificate_mode::none) return;
  tls::client_certificate shown = tls::client_certificate_of(session);
  if (shown.verified) {
    client.certificate = std::make_unique<secured_by>(
        secured_by{client.secured->version, client.secured->cipher, true, std::move(shown.subject)});
    client.secured = client.certificate.get();
  } else if (shown.shown) {
    static log::rate_limit limit;
    std::uint64_t left_out = 0;
    if (limit.allows(left_out)) {
      log::info("client certificate does not count: {} subject=\"{}\" peer={} listener={} suppressed={}", shown.problem,
                log::escaped(shown.subject), client.peer.client.to_string(), client.listener->settings.name, left_out);
    }
  }
}

}  // namespace

task<bool> secure(client_connection& client) {
  if (client.listener->tls.empty()) co_return true;
  if (client.received.empty()) {
    // Nothing at all is a port probe or a browser's spare connection, not worth a word.
    const io_error error = co_await client.stream.read(client.received);
    if (error != io_error::none) co_return false;
  }
  if (looks_like_http(client.received.ready().front())) {
    refuse_connection(client, refused_connection::tls_plain_http);
    client.speaks_plain = true;
    co_return true;
  }
  tls::ssl_ptr session = client.listener->tls[client.at.number]->accept();
  if (!session) co_return false;
  client.stream.begin_tls(std::move(session), client.received);
  io_error error = io_error::none;
  {
    const busy_mark mark(client);
    error = co_await client.stream.handshake();
  }
  if (error != io_error::none) {
    co_await explain_failure(client, error);
    co_return false;
  }
  ++client.at.counts.handshakes;
  take_facts(client);
  const bool expired = client.listener->settings.tls->client_certificate == client_certificate_mode::required &&
                       !client.secured->certified;
  // A resumed session, whose certificate was good when it began.
  if (expired) refuse_connection(client, refused_connection::tls_bad_certificate, "certificate has expired");
  co_return !expired;
}

}  // namespace opslb
