#include "proxy/relay.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch_all.hpp>
#include <string>

#include "memory_exchange.hpp"

using namespace opslb;
using headers::method;

namespace {

task<> connect_and_run(upstream::connection& to, relay& attempt, relay_result& result, bool& over) {
  co_await to.stream.connected();
  co_await attempt.run();
  result = attempt.result();
  over = true;
}

/// A worker's parts without its thread, and the far end of one backend connection.
struct stage {
  stage() {
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) == 0);
    host = ends[1];
    connection =
        std::make_unique<upstream::connection>(at.parts, ends[0], std::make_shared<upstream::backend>(), nullptr);
  }
  ~stage() {
    if (host >= 0) ::close(host);
  }

  void answer(std::string_view text) const { REQUIRE(::send(host, text.data(), text.size(), 0) > 0); }
  void close_host() { ::close(std::exchange(host, -1)); }
  std::string received() const {
    std::string text(4096, '\0');
    const ssize_t got = ::recv(host, text.data(), text.size(), 0);
    text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return text;
  }

  /// Relays to the end, turning the loop as long as something happens.
  relay_result carry(memory_exchange& client, const headers::request_facts& facts) {
    const relay_request of{at, rules, client, facts, "HEAD-OF-REQUEST\r\n\r\n", "id", 60s};
    relay attempt(of, *connection);
    relay_result result;
    bool over = false;
    std::size_t running = 0;
    spawn(connect_and_run(*connection, attempt, result, over), running);
    for (int turns = 0; !over && turns < 1000; ++turns) io.turn(std::chrono::milliseconds(10));
    REQUIRE(over);
    return result;
  }

  reactor io;
  deadline_wheel wheel;
  buffer_pool buffers;
  shared_parts shared;
  lane at{loop_parts{io, wheel, buffers}, shared};
  generation rules{config{}, {}, 1};
  int host = -1;
  std::unique_ptr<upstream::connection> connection;
};

headers::request_facts with_body(std::uint64_t size) {
  headers::request_facts facts;
  facts.body = {headers::body_kind::length, size};
  return facts;
}

}  // namespace

TEST_CASE("a response arrives whole, and the connection can serve again") {
  stage set;
  memory_exchange client(method::get, memory_source({}));
  set.answer("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
  const relay_result result = set.carry(client, {});
  CHECK(result.what.cause == failure_cause::none);
  CHECK(result.reusable);
  CHECK(client.status == 200);
  CHECK(client.sink.body == "hello");
  CHECK(client.sink.finished);
  CHECK(set.received() == "HEAD-OF-REQUEST\r\n\r\n");
}

TEST_CASE("a body in pieces goes out in order, behind its head") {
  stage set;
  memory_exchange client(method::post, memory_source({"one ", "two ", "three"}));
  set.answer(
      "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n");
  const relay_result result = set.carry(client, with_body(13));
  CHECK(result.what.cause == failure_cause::none);
  CHECK(result.body_begun);
  CHECK(client.interims == std::vector<unsigned>{103});
  CHECK(client.sink.body == "ok");
  CHECK(set.received() == "HEAD-OF-REQUEST\r\n\r\none two three");
}

TEST_CASE("bytes behind a response spoil the connection for others") {
  stage set;
  memory_exchange client(method::get, memory_source({}));
  set.answer("HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\n");
  const relay_result result = set.carry(client, {});
  CHECK(result.what.cause == failure_cause::none);
  CHECK_FALSE(result.reusable);
}

TEST_CASE("a backend that dies is told apart by how far the exchange had come") {
  struct row {
    std::string_view answer;
    attempt_phase phase;
  };
  for (const row& each : {row{"", attempt_phase::written}, row{"HTTP/1.1 20", attempt_phase::answering},
                          row{"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe", attempt_phase::passed_on}}) {
    CAPTURE(each.answer);
    stage set;
    memory_exchange client(method::get, memory_source({}));
    if (!each.answer.empty()) set.answer(each.answer);
    REQUIRE(::shutdown(set.host, SHUT_WR) == 0);
    const relay_result result = set.carry(client, {});
    CHECK(result.what.cause == failure_cause::died);
    CHECK(result.what.phase == each.phase);
    CHECK_FALSE(result.reusable);
    CHECK_FALSE(client.sink.finished);
  }
}

TEST_CASE("a connection that takes nothing of the request is told apart too") {
  stage set;
  set.close_host();
  memory_exchange client(method::post, memory_source({"body"}));
  const relay_result result = set.carry(client, with_body(4));
  CHECK(result.what.phase == attempt_phase::nothing_written);
  CHECK_FALSE(result.body_begun);
}

TEST_CASE("a client that breaks its body off ends the exchange") {
  stage set;
  memory_exchange client(method::post, memory_source({"half"}, body_error::end_of_stream));
  const relay_result result = set.carry(client, with_body(8));
  CHECK(result.what.cause == failure_cause::client_gone);
  CHECK_FALSE(result.reusable);
}

TEST_CASE("a malformed body ends the exchange before an answer is passed on") {
  stage set;
  memory_exchange client(method::post, memory_source({"half"}, body_error::malformed));
  set.answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  const relay_result result = set.carry(client, with_body(8));
  CHECK(result.what.cause == failure_cause::client_malformed);
  CHECK(client.status == 0);
}

TEST_CASE("a client that takes no more is gone") {
  stage set;
  memory_exchange client(method::get, memory_source({}));
  client.sink.fails_with = io_error::reset;
  set.answer("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
  const relay_result result = set.carry(client, {});
  CHECK(result.what.cause == failure_cause::client_gone);
  CHECK(result.what.phase == attempt_phase::passed_on);
}
