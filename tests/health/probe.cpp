#include "health/probe.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <catch2/catch_all.hpp>

#include <string>
#include <string_view>

#include "scripted_server.hpp"

namespace opslb::health {

namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

/// Far more than any answer on loopback takes: a check that runs into it has gone wrong.
constexpr std::chrono::milliseconds ample = 60s;

asio::awaitable<void> keep(asio::awaitable<probe_result> from, probe_result& to) { to = co_await std::move(from); }

probe_result ask(const std::string& host, std::uint16_t port, std::chrono::milliseconds timeout = ample,
                 std::string preamble = {}) {
  asio::io_context io;
  name_lookup name(io, host);
  asio::steady_timer deadline(io, timeout);
  probe_result result;
  const probe_plan plan{
      port, std::move(preamble), probe_request("/monitor/health", "ops1.example.com:8080", "opslb-health/0.1"), {}};
  asio::co_spawn(io, keep(probe(name, plan, deadline), result), asio::detached);
  io.run();
  return result;
}

/// The result of a probe that is answered with `bytes`, after which the connection is closed.
outcome answered_with(std::string_view bytes) {
  scripted_server server([bytes](scripted_connection& connection, std::size_t) {
    connection.read_request();
    connection.send(bytes);
  });
  return ask("127.0.0.1", server.port()).what;
}

}  // namespace

TEST_CASE("a probe sends its preamble, one plain request and nothing else") {
  std::string seen;
  {
    scripted_server server([&seen](scripted_connection& connection, std::size_t) {
      seen = connection.read_request();
      connection.send(answer(200, "OK"));
      connection.wait_for_close();
    });
    const std::string preamble("\r\n\r\n\0\r\nQUIT\n\x20\x00\x00\x00", 16);
    const auto result = ask("127.0.0.1", server.port(), ample, preamble);
    CHECK(result.what.how == ending::answered);
    CHECK(result.what.status == 200);
    REQUIRE(result.address);
    CHECK(result.address->to_string() == server.authority());
  }
  // A v2 preamble begins with an empty line, at which read_request() may have stopped between two segments; it is one
  // write.
  CHECK(seen == std::string("\r\n\r\n\0\r\nQUIT\n\x20\x00\x00\x00", 16) +
                    "GET /monitor/health HTTP/1.1\r\n"
                    "Host: ops1.example.com:8080\r\n"
                    "User-Agent: opslb-health/0.1\r\n"
                    "Accept: */*\r\n"
                    "Connection: close\r\n"
                    "\r\n");
}

TEST_CASE("what a backend answers is what the probe reports") {
  struct row {
    std::string what, bytes;
    ending how;
    unsigned status;
    std::string detail;
  };
  const std::string body(200'000, 'b');
  const auto [what, bytes, how, status, detail] = GENERATE_COPY(values<row>({
      {"200", answer(200, "OK"), ending::answered, 200, "OK"},
      {"500", answer(500, "Server Error"), ending::answered, 500, "Server Error"},
      {"a redirect", "HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n", ending::answered, 302, "Found"},
      {"no reason phrase", "HTTP/1.1 200 \r\n\r\n", ending::answered, 200, ""},
      {"HTTP/1.0", "HTTP/1.0 200 OK\r\n\r\n", ending::answered, 200, "OK"},
      {"a body", "HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n" + body, ending::answered, 200, "OK"},
      {"an endless body", "HTTP/1.1 200 OK\r\n\r\n" + body, ending::answered, 200, "OK"},
      {"100 before 200", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", ending::answered, 200, "OK"},
      {"several interim answers",
       "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 500 No\r\n\r\n",
       ending::answered, 500, "No"},
      {"101, which nobody asked for", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", ending::answered, 101,
       "Switching Protocols"},
      {"only an interim answer", "HTTP/1.1 100 Continue\r\n\r\n", ending::closed, 0, ""},
      {"nothing", "", ending::closed, 0, ""},
      {"half a head", "HTTP/1.1 200 OK\r\nContent-Le", ending::closed, 0, ""},
  }));
  CAPTURE(what);
  const outcome result = answered_with(bytes);
  CHECK(result.how == how);
  CHECK(result.status == status);
  CHECK(result.detail == detail);
}

TEST_CASE("what is no HTTP response is recognised as such") {
  const std::string bytes = GENERATE(values<std::string>({
      "SSH-2.0-OpenSSH_9.2p1\r\n",
      "\x15\x03\x01\x02\x02\x16",
      "<html>It works!</html>",
      "HTTP/1.1 2000 OK\r\n\r\n",
      "GET / HTTP/1.1\r\n\r\n",
      "HTTP/1.1 200 OK\nServer: x\n\n",
  }));
  CAPTURE(bytes);
  // The connection stays open: garbage does not have to wait for the timeout.
  scripted_server server([&bytes](scripted_connection& connection, std::size_t) {
    connection.read_request();
    connection.send(bytes);
    connection.wait_for_close();
  });
  const outcome result = ask("127.0.0.1", server.port()).what;
  CHECK(result.how == ending::garbled);
  CHECK(result.status == 0);
}

TEST_CASE("a head without end is given up after 16 KiB") {
  scripted_server server([](scripted_connection& connection, std::size_t) {
    connection.read_request();
    connection.send("HTTP/1.1 200 OK\r\n");
    for (int i = 0; i < 1000; ++i) connection.send("X-Filler: " + std::string(100, 'x') + "\r\n");
    connection.wait_for_close();
  });
  CHECK(ask("127.0.0.1", server.port()).what.how == ending::garbled);
}

TEST_CASE("a head that comes byte by byte is read") {
  scripted_server server([](scripted_connection& connection, std::size_t) {
    connection.read_request();
    const std::string bytes = "HTTP/1.1 100 Continue\r\n\r\n" + answer(200, "OK");
    for (const char byte : bytes) connection.send({&byte, 1});
    connection.wait_for_close();
  });
  const outcome result = ask("127.0.0.1", server.port()).what;
  CHECK(result.how == ending::answered);
  CHECK(result.status == 200);
}

TEST_CASE("a refused connection is told from one that was reset") {
  const refusing_port nobody;
  CHECK(ask("127.0.0.1", nobody.port()).what.how == ending::refused);

  scripted_server server([](scripted_connection& connection, std::size_t) {
    connection.read_request();
    connection.reset_at_end();
  });
  CHECK(ask("127.0.0.1", server.port()).what.how == ending::reset);
}

TEST_CASE("the timeout bounds the whole check, and its report says what was waited for") {
  const std::string begun = GENERATE("", "HTTP/1.1 200 OK\r\nX-Slow: ", "HTTP/1.1 100 Continue\r\n\r\n");
  CAPTURE(begun);
  scripted_server server([&begun](scripted_connection& connection, std::size_t) {
    connection.read_request();
    connection.send(begun);
    connection.wait_for_close();
  });
  CHECK(ask("127.0.0.1", server.port(), 100ms).what.how == ending::no_answer);

  const silent_port silent;
  const auto unconnected = ask("127.0.0.1", silent.port(), 100ms);
  CHECK(unconnected.what.how == ending::no_connection);
  CHECK(unconnected.address);
}

TEST_CASE("a name is looked up, and an IPv6 address is none") {
  scripted_server server([](scripted_connection& connection, std::size_t) {
    connection.read_request();
    connection.send(answer(200, "OK"));
  });
  const auto by_name = ask("localhost", server.port());
  REQUIRE(by_name.address);
  if (by_name.address->address.is_v4()) CHECK(by_name.what.how == ending::answered);

  // Nobody listens there, or there is no IPv6 at all; what matters is that the address was taken as it is.
  const auto v6 = ask("::1", 1);
  REQUIRE(v6.address);
  CHECK(v6.address->to_string() == "[::1]:1");
  CHECK((v6.what.how == ending::refused || v6.what.how == ending::failed));
}

TEST_CASE("a name that does not exist is a failed check") {
  const auto result = ask("nonexistent.invalid", 8080);
  CHECK(result.what.how == ending::unresolved);
  CHECK_FALSE(result.what.detail.empty());
  CHECK_FALSE(result.address);
}

}  // namespace opslb::health
