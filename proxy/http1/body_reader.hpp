// An HTTP/1 message body as it comes off a connection (RFC 9112 6), requests' and responses' alike. Reads from the
// connection's buffer, leaving what follows the body in it. One thread.
#pragma once

#include "headers/chunked.hpp"
#include "headers/framing.hpp"
#include "proxy/exchange.hpp"

namespace opslb::http1 {

class body_reader final : public body_source {
 public:
  body_reader(transport& from, buffer& received, const headers::body_framing& framing,
              headers::chunked_decoder::limits trailer_limits)
      : from_(from),
        received_(received),
        kind_(framing.kind),
        left_(framing.length),
        decoder_(trailer_limits) {}
  /// Bytes as they are, up to the FIN.
  body_reader(transport& from, buffer& received)
      : body_reader(from, received, {headers::body_kind::until_close, 0}, headers::chunked_decoder::limits{}) {}

  /// Everything up to the FIN is the body from now on, whatever it was before.
  void take_rest() { kind_ = headers::body_kind::until_close; }

  std::string_view ready() override;
  void consume(std::size_t size) override;
  bool is_done() override;
  body_error error() const override { return error_; }
  task<body_error> fill() override;
  unread_bytes unread() override;
  void took_unread(std::uint64_t size) override {
    if (kind_ == headers::body_kind::length) left_ -= size;
  }
  const std::vector<headers::field>& trailers() const override { return decoder_.trailers(); }

 private:
  transport& from_;
  buffer& received_;
  headers::body_kind kind_;
  std::uint64_t left_;  ///< length: bytes still to come
  bool ended_ = false;  ///< chunked: the last chunk and trailers are in; until_close: the FIN is
  body_error error_ = body_error::none;
  headers::chunked_decoder decoder_;
};

}  // namespace opslb::http1
