#include "tests/support/simulator/exchange.hpp"

#include <array>
#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>

namespace opslb::simulator {
namespace {

/// Status line and all header lines but those of the framing.
std::string head_of(exchange& e, const answer& what) {
  if (e.ops.leaving && !e.control) e.keep_alive = false;
  if (e.body.uninvited()) e.keep_alive = false;  // nobody knows whether the body will still come
  std::string text = "HTTP/1.1 " + std::to_string(what.status) + ' ';
  text += reason_phrase(what.status);
  text += "\r\n";
  text += e.ops.header_lines();
  if (!what.type.empty()) text += "Content-Type: " + what.type + "\r\n";
  text += what.headers;
  if (!e.keep_alive) text += "Connection: close\r\n";
  if (e.keep_alive && e.head.http_1_0) text += "Connection: keep-alive\r\n";
  return text;
}

bool may_have_body(unsigned status) { return status >= 200 && status != 204 && status != 304; }

}  // namespace

answer json_answer(const nlohmann::json& value, unsigned status) {
  answer result;
  result.status = status;
  // What came over the wire need not be UTF-8.
  result.body = value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  return result;
}

answer api_error(unsigned status, std::string_view code, std::string_view detail, std::string_view parameter) {
  nlohmann::json value = {
      {"detail", detail}, {"error", status}, {"errorCode", code}, {"reason", reason_phrase(status)}};
  value["parameters"] = nlohmann::json::array();
  if (!parameter.empty()) value["parameters"].push_back(parameter);
  return json_answer(value, status);
}

std::string_view reason_phrase(unsigned status) {
  static constexpr std::array<std::pair<unsigned, std::string_view>, 18> phrases = {{
      {100, "Continue"},
      {103, "Early Hints"},
      {200, "OK"},
      {201, "Created"},
      {204, "No Content"},
      {206, "Partial Content"},
      {302, "Found"},
      {304, "Not Modified"},
      {400, "Bad Request"},
      {401, "Unauthorized"},
      {403, "Forbidden"},
      {404, "Not Found"},
      {405, "Method Not Allowed"},
      {429, "Too Many Requests"},
      {431, "Request Header Fields Too Large"},
      {500, "Server Error"},
      {502, "Bad Gateway"},
      {503, "Service Unavailable"},
  }};
  for (const auto& [code, phrase] : phrases) {
    if (code == status) return phrase;
  }
  return "Unnamed";
}

awaitable<void> send(exchange& e, answer what) {
  if (!may_have_body(what.status)) what.type.clear();
  std::string text = head_of(e, what);
  if (may_have_body(what.status)) {
    text += "Content-Length: " + std::to_string(what.body.size()) + "\r\n\r\n";
    if (e.head.method != "HEAD") text += what.body;
  } else {
    text += "\r\n";
  }
  const bool sent = co_await e.client.write(text);
  if (!sent) e.keep_alive = false;
}

awaitable<void> skip_body(exchange& e) {
  while (true) {
    const auto piece = co_await e.body.next();
    if (piece.empty()) break;
  }
}

awaitable<bool> answer_stream::begin(answer head, std::uint64_t length) {
  if (framing_ == framing::chunked && exchange_.head.http_1_0) framing_ = framing::close;
  if (framing_ == framing::close) exchange_.keep_alive = false;
  std::string text = head_of(exchange_, head);
  if (framing_ == framing::length) text += "Content-Length: " + std::to_string(length) + "\r\n";
  if (framing_ == framing::chunked) text += "Transfer-Encoding: chunked\r\n";
  text += "\r\n";
  const bool sent = co_await exchange_.client.write(text);
  if (!sent) exchange_.keep_alive = false;
  co_return sent&& exchange_.head.method != "HEAD";
}

awaitable<bool> answer_stream::write(std::string_view piece) {
  bool sent = true;
  if (framing_ == framing::chunked) {
    std::array<char, 20> size{};
    auto* end = std::to_chars(size.data(), size.data() + 16, piece.size(), 16).ptr;
    *end++ = '\r';
    *end++ = '\n';
    sent = co_await exchange_.client.write({size.data(), static_cast<std::size_t>(end - size.data())});
  }
  if (sent) sent = co_await exchange_.client.write(piece);
  if (sent && framing_ == framing::chunked) sent = co_await exchange_.client.write("\r\n");
  if (!sent) exchange_.keep_alive = false;
  co_return sent;
}

awaitable<void> answer_stream::finish(std::string trailers) {
  if (framing_ != framing::chunked || exchange_.head.method == "HEAD") co_return;
  const std::string end = "0\r\n" + trailers + "\r\n";
  const bool sent = co_await exchange_.client.write(end);
  if (!sent) exchange_.keep_alive = false;
}

void answer_stream::break_off() {
  exchange_.keep_alive = false;
  error_code ignored;  // the client may have gone first
  exchange_.client.socket().shutdown(tcp_socket::shutdown_both, ignored);
}

}  // namespace opslb::simulator
