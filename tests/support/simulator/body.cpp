#include "tests/support/simulator/body.hpp"

#include <algorithm>
#include <charconv>

#include "tests/support/simulator/duration.hpp"

namespace opslb::simulator {

body_reader::body_reader(wire& client, const request& head) : client_(client) {
  const auto coding = head.header("Transfer-Encoding");
  const auto length = head.header("Content-Length");
  const bool chunked = head.count("Transfer-Encoding") > 0;
  const bool sized = head.count("Content-Length") > 0;
  if (chunked && sized) {
    state_ = state::broken;  // RFC 9112 6.3: the mark of request smuggling
  } else if (chunked) {
    state_ = same_name(coding, "chunked") && !head.http_1_0 ? state::chunk_size : state::broken;
  } else if (sized) {
    const auto number = parse_number(length);
    left_ = number.value_or(0);
    state_ = !number || head.count("Content-Length") > 1 ? state::broken : left_ > 0 ? state::length : state::done;
  }
  invite_ = !head.http_1_0 && same_name(head.header("Expect"), "100-continue");
}

awaitable<std::string_view> body_reader::next() {
  client_.consume(std::exchange(given_, 0));
  if (invite_ && state_ != state::done) {
    invite_ = false;
    const bool sent = co_await client_.write("HTTP/1.1 100 Continue\r\n\r\n");
    if (!sent) state_ = state::broken;
  }
  if (state_ == state::chunk_size) {
    const bool more = co_await read_chunk_size();
    if (!more) co_return std::string_view{};
  }
  if (state_ == state::length) co_return co_await take_data(state::done);
  if (state_ == state::chunk_data) co_return co_await take_data(state::chunk_size);
  co_return std::string_view{};
}

awaitable<std::string_view> body_reader::take_data(state after) {
  if (client_.ready().empty()) {
    const bool more = co_await client_.fill();
    if (!more) {
      state_ = state::broken;
      co_return std::string_view{};
    }
  }
  const auto ready = client_.ready();
  given_ = static_cast<std::size_t>(std::min<std::uint64_t>(left_, ready.size()));
  left_ -= given_;
  if (left_ == 0) state_ = after;
  co_return ready.substr(0, given_);
}

// RFC 9112 7.1. Extensions are skipped; every line ends with CRLF.
awaitable<bool> body_reader::read_chunk_size() {
  if (!first_chunk_) {
    const bool line = co_await read_line();
    if (!line || !line_.empty()) state_ = state::broken;
    if (state_ == state::broken) co_return false;
  }
  first_chunk_ = false;
  const bool line = co_await read_line();
  const auto digits = std::string_view{line_}.substr(0, line_.find(';'));
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), left_, 16);
  if (!line || digits.empty() || error != std::errc{} || end != digits.data() + digits.size()) {
    state_ = state::broken;
    co_return false;
  }
  state_ = state::chunk_data;
  if (left_ > 0) co_return true;
  co_await read_trailers();
  co_return false;
}

awaitable<void> body_reader::read_trailers() {
  state_ = state::trailer;
  while (true) {
    const bool line = co_await read_line();
    if (!line || trailers_.size() > 1000) {
      state_ = state::broken;
      co_return;
    }
    if (line_.empty()) break;
    trailers_.push_back(line_);
  }
  state_ = state::done;
}

awaitable<bool> body_reader::read_line() {
  std::size_t scanned = 0;
  while (true) {
    const auto end = client_.ready().find("\r\n", scanned);
    if (end != std::string_view::npos) {
      line_ = client_.ready().substr(0, end);
      client_.consume(end + 2);
      co_return true;
    }
    scanned = client_.ready().empty() ? 0 : client_.ready().size() - 1;
    const bool more = co_await client_.fill();
    if (!more) co_return false;
  }
}

}  // namespace opslb::simulator
