#include "tests/support/simulator/wire.hpp"

#include <algorithm>

namespace opslb::simulator {

wire::wire(tcp_socket socket, idle_clock& clock)
    : socket_(std::move(socket)),
      watch_(clock, socket_),
      buffer_(first_size) {
  error_code ignored;  // both fail only on a socket that is already broken, which the first read will tell
  socket_.non_blocking(true, ignored);
  socket_.set_option(tcp::no_delay{true}, ignored);
}

void wire::make_room() {
  if (begin_ == end_) {
    begin_ = end_ = 0;
  } else if (end_ == buffer_.size() && begin_ > 0) {
    std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_),
              buffer_.begin() + static_cast<std::ptrdiff_t>(end_), buffer_.begin());
    end_ -= begin_;
    begin_ = 0;
  }
  if (end_ == buffer_.size()) buffer_.resize(std::min(buffer_.size() * 2, most));
}

awaitable<bool> wire::fill() {
  make_room();
  if (end_ == buffer_.size()) co_return false;
  watch_.begin_waiting();
  const auto [ec, size] = co_await socket_.async_read_some(asio::buffer(buffer_.data() + end_, buffer_.size() - end_));
  watch_.end_waiting();
  end_ += size;
  co_return !ec;
}

awaitable<bool> wire::write(std::string_view bytes) {
  // Mostly the socket takes it all at once, and then there is nothing to wait for.
  error_code ec;
  const auto sent = socket_.write_some(asio::buffer(bytes), ec);
  if (ec && ec != asio::error::would_block) co_return false;
  bytes.remove_prefix(sent);
  while (!bytes.empty()) {
    watch_.begin_waiting();
    const auto [write_ec, size] = co_await socket_.async_write_some(asio::buffer(bytes));
    watch_.end_waiting();
    if (write_ec) co_return false;
    bytes.remove_prefix(size);
  }
  co_return true;
}

bool wire::client_is_there() {
  char byte = 0;
  error_code ec;
  const auto size = socket_.receive(asio::buffer(&byte, 1), tcp_socket::message_peek, ec);
  return ec ? ec == asio::error::would_block : size > 0;
}

awaitable<bool> wire::pause(milliseconds time) {
  constexpr milliseconds look_again{50};
  timer alarm(socket_.get_executor());
  const auto end = std::chrono::steady_clock::now() + time;
  while (client_is_there()) {
    const auto now = std::chrono::steady_clock::now();
    if (now >= end) co_return true;
    alarm.expires_at(std::min(end, now + look_again));
    co_await alarm.async_wait();
  }
  co_return false;
}

awaitable<void> wire::wait_for_end() {
  begin_ = end_ = 0;  // nobody will ask for what is there, or for what still comes
  while (true) {
    const auto [ec, size] = co_await socket_.async_read_some(asio::buffer(buffer_));
    if (ec) co_return;
  }
}

awaitable<void> wire::close() {
  error_code ignored;  // a connection that is gone already needs no FIN
  socket_.shutdown(tcp_socket::shutdown_send, ignored);
  // Closing while unread bytes lie here would send a RST, which can take the answer away from the client.
  watch_.begin_waiting();
  co_await wait_for_end();
  watch_.end_waiting();
  socket_.close(ignored);
}

void wire::reset() {
  error_code ignored;  // as in close()
  socket_.set_option(asio::socket_base::linger{true, 0}, ignored);
  socket_.close(ignored);
}

}  // namespace opslb::simulator
