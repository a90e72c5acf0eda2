#include "health/probe.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <array>
#include <utility>

#include "headers/head_parser.hpp"

namespace opslb::health {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr auto token = asio::as_tuple(asio::use_awaitable);
constexpr headers::head_limits answer_limits{.head_bytes = 16 * 1024, .target_bytes = 0, .header_count = 0};

tcp::endpoint to_asio(const headers::endpoint& from) {
  const auto bytes = from.address.bytes();
  if (from.address.is_v4()) {
    asio::ip::address_v4::bytes_type v4{};
    std::copy(bytes.begin(), bytes.end(), v4.begin());
    return {asio::ip::address_v4(v4), from.port};
  }
  asio::ip::address_v6::bytes_type v6{};
  std::copy(bytes.begin(), bytes.end(), v6.begin());
  return {asio::ip::address_v6(v6), from.port};
}

/// `timed_out`: what it means if time ran out here, ours (which cancels the operation) or the kernel's.
outcome failed(const error_code& error, ending timed_out) {
  if (error == asio::error::connection_refused) return {ending::refused, 0, {}};
  if (error == asio::error::connection_reset || error == asio::error::broken_pipe) return {ending::reset, 0, {}};
  if (error == asio::error::eof || error == asio::ssl::error::stream_truncated) return {ending::closed, 0, {}};
  if (error == asio::error::timed_out || error == asio::error::operation_aborted) return {timed_out, 0, {}};
  return {ending::failed, 0, error.message()};
}

/// An answer on its way in.
struct incoming {
  std::string bytes;
  std::size_t scanned = 0;
  std::size_t head_size = 0;  ///< once the answer's head is complete
  headers::response_head head;
};

/// What the bytes received so far amount to; nothing while the answer's head is incomplete. Interim answers are taken
/// out (RFC 9110 15.2: a client has to expect them, asked for or not).
std::optional<outcome> read_answer(incoming& in) {
  while (true) {
    const auto parsed = headers::parse_response_head(in.bytes, in.scanned, answer_limits, in.head);
    if (parsed.state == headers::parse_state::refused) {
      return outcome{ending::garbled, 0, std::string(parsed.why.reason)};
    }
    if (parsed.state == headers::parse_state::incomplete) {
      in.scanned = parsed.scanned;
      return std::nullopt;
    }
    in.head_size = parsed.head_size;
    const bool interim = in.head.status < 200 && in.head.status != 101;
    if (!interim) return outcome{ending::answered, in.head.status, std::string(in.head.reason)};
    in.bytes.erase(0, parsed.head_size);
    in.scanned = 0;
    in.head = {};
  }
}

/// What the answer's head says beside its status.
void look_into(const headers::response_head& head, probe_result& result) {
  for (const headers::field& line : head.fields) {
    if (line.known.id == headers::field_id::x_mongodb_service_version) result.service_version = line.value;
    if (line.known.id == headers::field_id::transfer_encoding) result.chunked = true;
  }
}

/// So much of the body as is wanted, or as there is. A body that breaks off, or does not end in time, is what came of it.
template <typename Stream>
asio::awaitable<void> read_body(Stream& stream, std::string& body, std::size_t wanted) {
  std::array<char, 4096> piece;
  while (body.size() < wanted) {
    const auto [error, size] = co_await stream.async_read_some(asio::buffer(piece), token);
    if (error) co_return;
    body.append(piece.data(), size);
  }
}

/// Asks and reads the answer, over TCP or TLS.
template <typename Stream>
asio::awaitable<outcome> ask(Stream& stream, std::string_view preamble, const probe_plan& plan, probe_result& result) {
  const std::array<asio::const_buffer, 2> both{asio::buffer(preamble), asio::buffer(plan.request)};
  const auto [unsent, sent] = co_await asio::async_write(stream, both, token);
  if (unsent) co_return failed(unsent, ending::no_answer);
  incoming in;
  std::array<char, 4096> piece;
  while (true) {
    const auto [error, size] = co_await stream.async_read_some(asio::buffer(piece), token);
    if (error) co_return failed(error, ending::no_answer);
    in.bytes.append(piece.data(), size);
    std::optional<outcome> answer = read_answer(in);
    if (!answer) continue;
    if (answer->how == ending::answered) {
      look_into(in.head, result);
      result.what = *answer;
      result.body = in.bytes.substr(in.head_size);
      co_await read_body(stream, result.body, plan.wanted_body);
    }
    co_return std::move(*answer);
  }
}

/// Asio's own way to end TLS would wait for the host's close_notify as well, and the verdict with it: what the kernel does
/// not take at once is not said.
void say_end(tcp::socket& socket, const std::string& close_notify) {
  error_code ignored;
  socket.non_blocking(true, ignored);
  socket.write_some(asio::buffer(close_notify), ignored);
}

asio::awaitable<outcome> ask_securely(tcp::socket& socket, const probe_plan& plan, probe_result& result) {
  const auto [unsent, sent] = co_await asio::async_write(socket, asio::buffer(plan.preamble), token);
  if (unsent) co_return failed(unsent, ending::no_connection);
  asio::ssl::stream<tcp::socket&> stream(socket, plan.tls->begin());
  const auto [insecure] = co_await stream.async_handshake(asio::ssl::stream_base::client, token);
  const bool closed = insecure == asio::error::eof || insecure == asio::ssl::error::stream_truncated;
  if (closed || insecure.category() == asio::error::get_ssl_category()) {
    const unsigned long code = closed ? 0 : static_cast<unsigned long>(insecure.value());
    co_return outcome{ending::insecure, 0, plan.tls->why_failed(*stream.native_handle(), code)};
  }
  if (insecure) co_return failed(insecure, ending::no_connection);
  result.what = {ending::no_answer, 0, {}};
  outcome answer = co_await ask(stream, {}, plan, result);
  if (answer.how == ending::answered) say_end(socket, plan.tls->close_notify(*stream.native_handle()));
  co_return answer;
}

/// Keeps in `result` at every moment what it would mean if time ran out now.
asio::awaitable<void> converse(name_lookup& name, const probe_plan& plan, probe_result& result) {
  result.what = {ending::unresolved, 0, "no answer in time"};
  lookup_result found = co_await name.find();
  if (found.addresses.empty()) {
    result.what.detail = std::move(found.error);
    co_return;
  }
  result.what = {ending::no_connection, 0, {}};
  const auto executor = co_await asio::this_coro::executor;
  tcp::socket socket(executor);
  error_code unconnected;
  // A host may listen on some of its addresses only: "localhost" is ::1 first.
  for (const headers::ip_address& each : found.addresses) {
    result.address = headers::endpoint{each, plan.port};
    socket.close(unconnected);
    const auto [error] = co_await socket.async_connect(to_asio(*result.address), token);
    unconnected = error;
    if (!error || error == asio::error::operation_aborted) break;
  }
  if (unconnected) {
    result.what = failed(unconnected, ending::no_connection);
    co_return;
  }

  if (plan.tls) {
    result.what = co_await ask_securely(socket, plan, result);
  } else {
    result.what = {ending::no_answer, 0, {}};
    result.what = co_await ask(socket, plan.preamble, plan, result);
  }
}

}  // namespace

std::string probe_request(std::string_view path, std::string_view authority, std::string_view user_agent) {
  std::string bytes("GET ");
  bytes.append(path).append(" HTTP/1.1\r\nHost: ").append(authority);
  bytes.append("\r\nUser-Agent: ").append(user_agent);
  bytes.append("\r\nAccept: */*\r\nConnection: close\r\n\r\n");
  return bytes;
}

asio::awaitable<probe_result> probe(name_lookup& name, const probe_plan& plan, asio::steady_timer& deadline) {
  using namespace asio::experimental::awaitable_operators;
  probe_result result;
  // Whichever ends first cancels the other, and both have ended when this returns.
  auto race = converse(name, plan, result) || deadline.async_wait(token);
  co_await std::move(race);
  co_return result;
}

}  // namespace opslb::health
