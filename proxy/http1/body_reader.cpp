#include "proxy/http1/body_reader.hpp"

#include <limits>

namespace opslb {

body_error to_body_error(io_error error) {
  switch (error) {
    case io_error::none: return body_error::none;
    case io_error::end_of_stream: return body_error::end_of_stream;
    case io_error::reset: return body_error::reset;
    case io_error::timed_out: return body_error::timed_out;
    case io_error::interrupted: return body_error::interrupted;
  }
  return body_error::reset;
}

namespace http1 {

using headers::body_kind;
using state = headers::chunked_decoder::state;

std::string_view body_reader::ready() {
  switch (kind_) {
    case body_kind::none: return {};
    case body_kind::length: return received_.ready().substr(0, left_);
    case body_kind::until_close: return received_.ready();
    case body_kind::chunked: break;
  }
  if (ended_ || error_ != body_error::none) return {};
  const auto step = decoder_.next(received_.ready());
  received_.consume(step.framing);
  if (step.what == state::done) ended_ = true;
  if (step.what == state::refused) error_ = body_error::malformed;
  return received_.ready().substr(0, step.data);
}

void body_reader::consume(std::size_t size) {
  received_.consume(size);
  if (kind_ == body_kind::length) left_ -= size;
  if (kind_ == body_kind::chunked) decoder_.took(size);
}

bool body_reader::is_done() {
  switch (kind_) {
    case body_kind::none: return true;
    case body_kind::length: return left_ == 0;
    case body_kind::until_close: return ended_ && received_.empty();
    case body_kind::chunked: return ended_ || (ready().empty() && ended_);
  }
  return false;
}

unread_bytes body_reader::unread() {
  if (!received_.empty() || from_.tls() != nullptr) return {};
  switch (kind_) {
    case body_kind::length: return {&from_, left_};
    case body_kind::until_close: return {&from_, ended_ ? 0 : unread_bytes::up_to_the_end};
    case body_kind::none:
    case body_kind::chunked: break;
  }
  return {};
}

task<body_error> body_reader::fill() {
  const io_error error = co_await from_.read(received_);
  if (error == io_error::end_of_stream && kind_ == body_kind::until_close) {
    ended_ = true;
    co_return body_error::none;
  }
  co_return to_body_error(error);
}

}  // namespace http1
}  // namespace opslb
