// Answers for tests: what arrived, byte for byte, and small answers of a chosen kind.
#include <nlohmann/json.hpp>

#include "tests/support/simulator/digest.hpp"
#include "tests/support/simulator/duration.hpp"
#include "tests/support/simulator/routes.hpp"

namespace opslb::simulator {
namespace {

using nlohmann::json;

struct received_body {
  std::uint64_t bytes = 0;
  std::string sha256;
};

awaitable<received_body> receive_body(exchange& e) {
  received_body result;
  sha256_sum sum;
  while (true) {
    const auto piece = co_await e.body.next();
    if (piece.empty()) break;
    result.bytes += piece.size();
    sum.add(piece);
  }
  result.sha256 = sum.hex();
  if (!e.body.complete()) e.keep_alive = false;
  co_return result;
}

json pairs(const std::vector<header_line>& lines) {
  auto result = json::array();
  for (const auto& line : lines) result.push_back({line.name, line.value});
  return result;
}

json trailer_pairs(const std::vector<std::string>& lines) {
  auto result = json::array();
  for (const auto& line : lines) {
    const auto parsed = parse_header_line(line);
    result.push_back(parsed ? json{parsed->name, parsed->value} : json{line});
  }
  return result;
}

json announced_ends(const std::optional<proxy_header>& header) {
  if (!header) return nullptr;
  return {{"version", header->version},         {"kind", header->kind},
          {"source", header->source},           {"source_port", header->source_port},
          {"destination", header->destination}, {"destination_port", header->destination_port}};
}

std::uint64_t wanted_status(const exchange& e) {
  return parse_number(parameter(e.head, "code").value_or("200")).value_or(200);
}

answer echo(const exchange& e, const received_body& body) {
  json value = {
      {"host", e.ops.wanted().name},
      {"method", e.head.method},
      {"target", e.head.target},
      {"version", e.head.http_1_0 ? "HTTP/1.0" : "HTTP/1.1"},
      {"headers", pairs(e.head.headers)},
      {"head_base64", base64(e.head.raw)},
      {"body_bytes", body.bytes},
      {"body_sha256", body.sha256},
      {"trailers", trailer_pairs(e.body.trailers())},
      {"peer", {{"address", e.ends.peer_address}, {"port", e.ends.peer_port}}},
      {"local", {{"address", e.ends.local_address}, {"port", e.ends.local_port}}},
      {"proxy", announced_ends(e.announced)},
  };
  value["jetty"] = {{"client", e.believed.client},
                    {"scheme", e.believed.scheme},
                    {"host", e.believed.host},
                    {"port", e.believed.port},
                    {"secure", e.believed.secure}};
  return json_answer(value);
}

answer receipt(const exchange& e, const received_body& body) {
  auto result = json_answer({{"bytes", body.bytes}, {"sha256", body.sha256}, {"host", e.ops.wanted().name}});
  result.headers = "X-Sha256: " + body.sha256 + "\r\n";
  return result;
}

answer answer_of_status(const exchange& e, unsigned status) {
  auto result = json_answer({{"status", status}, {"host", e.ops.wanted().name}}, status);
  const auto seconds = parse_number(parameter(e.head, "retry_after").value_or(""));
  if (seconds) result.headers = "Retry-After: " + std::to_string(*seconds) + "\r\n";
  return result;
}

}  // namespace

awaitable<void> answer_echo(exchange& e) {
  const auto body = co_await receive_body(e);
  if (!e.body.complete()) co_return;
  co_await send(e, echo(e, body));
}

awaitable<void> answer_upload(exchange& e) {
  const auto body = co_await receive_body(e);
  if (!e.body.complete()) co_return;
  co_await send(e, receipt(e, body));
}

awaitable<void> answer_plain(exchange& e) {
  answer result;
  result.type = "text/plain";
  result.body = "ok\n";
  co_await send(e, std::move(result));
}

// read=0 answers before the body is read and closes; interim=103 sends that first.
awaitable<void> answer_status(exchange& e) {
  const auto code = wanted_status(e);
  if (code < 200 || code > 999) {
    co_await send(e, api_error(400, "INVALID_STATUS", "code must lie between 200 and 999."));
    co_return;
  }
  if (parameter(e.head, "read").value_or("1") == "0") {
    e.keep_alive = false;
  } else {
    co_await skip_body(e);
  }
  const auto interim = parse_number(parameter(e.head, "interim").value_or("0")).value_or(0);
  if (interim >= 102 && interim <= 199 && !e.head.http_1_0) {
    const auto text = "HTTP/1.1 " + std::to_string(interim) + " " +
                      std::string{reason_phrase(static_cast<unsigned>(interim))} +
                      "\r\nLink: </static/login.css>; rel=preload\r\n\r\n";
    const bool sent = co_await e.client.write(text);
    if (!sent) e.keep_alive = false;
  }
  co_await send(e, answer_of_status(e, static_cast<unsigned>(code)));
}

awaitable<void> answer_slowly(exchange& e) {
  co_await skip_body(e);
  const auto time = parse_duration(parameter(e.head, "ms").value_or("1000"), milliseconds{1});
  const bool there = co_await e.client.pause(time.value_or(milliseconds{1000}));
  if (!there) {
    e.keep_alive = false;
    co_return;
  }
  co_await answer_plain(e);
}

}  // namespace opslb::simulator
