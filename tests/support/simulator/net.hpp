// The Asio types that the simulator is written in: concrete executors, and operations that return their error as a value
// instead of throwing it. Chosen here so that every `co_await socket.async_…` reads `auto [ec, n] = …`.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>

namespace opslb::simulator {

namespace asio = boost::asio;
using boost::system::error_code;
using tcp = asio::ip::tcp;
using std::chrono::milliseconds;

using executor = asio::io_context::executor_type;
template <typename T>
using awaitable = asio::awaitable<T, executor>;
using as_values = asio::as_tuple_t<asio::use_awaitable_t<executor>>;

using tcp_socket = as_values::as_default_on_t<asio::basic_stream_socket<tcp, executor>>;
using tcp_acceptor = as_values::as_default_on_t<asio::basic_socket_acceptor<tcp, executor>>;
using timer = as_values::as_default_on_t<
    asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, executor>>;

}  // namespace opslb::simulator
