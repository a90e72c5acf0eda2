#include "proxy/admin/session.hpp"

#include <sys/ioctl.h>
#include <sys/socket.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <array>

#include "headers/head_parser.hpp"
#include "proxy/admin/routes.hpp"

namespace opslb::admin {
namespace {

namespace asio = boost::asio;
using asio::awaitable;

constexpr auto as_value = asio::as_tuple(asio::use_awaitable);
constexpr headers::head_limits limits{.head_bytes = most_head_bytes, .target_bytes = 8 * 1024, .header_count = 100};
constexpr std::size_t read_ahead = 4096;

answer last_refusal(unsigned status, std::string_view why) {
  answer out = refusal(status, why);
  out.ends = true;
  return out;
}

/// What the head alone already forbids. Nothing: the body is `length` bytes.
std::optional<answer> objection_to_body(const headers::body_framing& body) {
  if (body.kind == headers::body_kind::chunked) return last_refusal(411, "send the body with a Content-Length");
  if (body.kind == headers::body_kind::length && body.length > most_body_bytes) {
    return last_refusal(413, "a body may have at most 64 KiB here");
  }
  return std::nullopt;
}

}  // namespace

session::session(site& at, int fd) : at_(at), entrance_(at.entrance), socket_(at.io, fd) { wait_for_client(head_time); }

void session::wait_for_client(std::chrono::seconds at_most) {
  const auto now = std::chrono::steady_clock::now();
  due_ = now + at_most;
  waits_since_ = now;
}

void session::cut() {
  waits_since_.reset();
  boost::system::error_code nothing_to_cancel;
  socket_.cancel(nothing_to_cancel);
  ::shutdown(socket_.native_handle(), SHUT_RDWR);
}

/// A client that has just connected is about to ask, and one whose request has arrived has asked.
void session::leave() {
  leaving_ = true;
  int arrived = 0;
  if (rests_ && has_answered_ && ::ioctl(socket_.native_handle(), FIONREAD, &arrived) == 0 && arrived == 0) cut();
}

awaitable<void> session::run() {
  bytes_.reserve(most_head_bytes + most_body_bytes + read_ahead);
  for (;;) {
    const reading how = co_await read_request();
    if (how == reading::over) co_return;
    waits_since_.reset();
    if (!leaving_) entrance_ = at_.entrance;  // a token that was changed counts at once
    answer said;
    if (how == reading::refused) {
      said = std::move(refused_);
    } else {
      said = co_await respond(at_, *entrance_, asked_);
    }
    const bool goes_on = !said.ends && !leaving_ && asked_.facts.keep_alive;
    const bool for_head = asked_.head.verb == headers::method::head;
    std::string out = to_bytes(said, for_head, goes_on);
    wait_for_client(idle_time);
    const bool written = co_await write(std::move(out));
    if (!written) co_return;
    has_answered_ = true;
    if (!goes_on || leaving_) break;
    bytes_.erase(0, taken_);
    wait_for_client(bytes_.empty() ? idle_time : head_time);
  }
  co_await take_leave();
}

/// Leaves the request in `asked_`, or in `refused_` what is wrong with it.
awaitable<session::reading> session::read_request() {
  std::size_t scanned = 0;
  headers::parse_result head;
  asked_ = {};
  for (;;) {
    head = headers::parse_request_head(bytes_, scanned, limits, asked_.head);
    if (head.state != headers::parse_state::incomplete) break;
    scanned = head.scanned;
    const bool is_first_of_it = bytes_.empty();
    rests_ = is_first_of_it;
    const bool more = co_await read_more();
    rests_ = false;
    if (!more) co_return reading::over;
    if (is_first_of_it) wait_for_client(head_time);
  }
  headers::refusal why = head.why;
  if (why.status == 0) why = headers::check_request(asked_.head, {}, asked_.facts);
  if (why.status != 0) {
    refused_ = last_refusal(why.status, why.reason);
    co_return reading::refused;
  }
  if (auto refused = objection_to_body(asked_.facts.body)) {
    refused_ = std::move(*refused);
    co_return reading::refused;
  }
  taken_ = head.head_size + static_cast<std::size_t>(asked_.facts.body.length);
  if (bytes_.size() < taken_) wait_for_client(head_time);
  if (bytes_.size() < taken_ && asked_.facts.expects_continue) {
    const bool written = co_await write("HTTP/1.1 100 Continue\r\n\r\n");
    if (!written) co_return reading::over;
  }
  while (bytes_.size() < taken_) {
    const bool more = co_await read_more();
    if (!more) co_return reading::over;
  }
  asked_.body = std::string_view(bytes_).substr(head.head_size, taken_ - head.head_size);
  co_return reading::complete;
}

/// There is always room: of what has come, all but less than `read_ahead` belongs to the request at hand.
awaitable<bool> session::read_more() {
  const std::size_t before = bytes_.size();
  const std::size_t room = std::min(read_ahead, bytes_.capacity() - before);
  bytes_.resize(before + room);
  const auto [error, size] = co_await socket_.async_read_some(asio::buffer(bytes_.data() + before, room), as_value);
  bytes_.resize(before + size);
  co_return !error && size != 0;
}

awaitable<bool> session::write(std::string bytes) {
  const auto [error, size] = co_await asio::async_write(socket_, asio::buffer(bytes), as_value);
  co_return !error && size == bytes.size();
}

/// RFC 9112 9.6: closing at once could take the answer away from a client that still sends.
awaitable<void> session::take_leave() {
  std::array<char, 4096> dropped;
  ::shutdown(socket_.native_handle(), SHUT_WR);
  wait_for_client(farewell_time);
  for (;;) {
    const auto [error, size] = co_await socket_.async_read_some(asio::buffer(dropped), as_value);
    if (error || size == 0) co_return;
  }
}

}  // namespace opslb::admin
