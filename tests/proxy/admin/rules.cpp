// Who may ask what of the admin endpoint, as a table: the answer's status, or 0 where the request may pass.
#include "proxy/admin/rules.hpp"

#include <catch2/catch_all.hpp>
#include <string>

#include "headers/head_parser.hpp"

using namespace opslb;
using namespace opslb::admin;

namespace {

admin_bind tcp(std::string_view address) {
  return {admin_bind::kind::tcp, {*headers::ip_address::parse(address), 9080}, {}};
}

unsigned status(const gate& at, secrecy what, const std::string& fields, std::string_view body = {}) {
  const std::string text = "POST / HTTP/1.1\r\n" + fields + "\r\n";
  request asked;
  REQUIRE(headers::parse_request_head(text, 0, {}, asked.head).state == headers::parse_state::complete);
  REQUIRE(headers::check_request(asked.head, {}, asked.facts).status == 0);
  asked.body = body;
  const auto refused = objection(at, asked, what);
  return refused ? refused->status : 0;
}

const std::string own_host = "Host: 127.0.0.1:9080\r\n";

}  // namespace

TEST_CASE("on loopback only its own names with its own port are served") {
  const gate at{tcp("127.0.0.2"), ""};
  const auto [host, expected] = GENERATE(table<std::string, unsigned>({
      {"127.0.0.2:9080", 0},
      {"127.0.0.1:9080", 0},
      {"localhost:9080", 0},
      {"[::1]:9080", 0},
      {"127.0.0.3:9080", 421},
      {"127.0.0.1", 421},
      {"127.0.0.1:80", 421},
      {"opslb.example:9080", 421},
      {"localhost.:9080", 421},
  }));
  CAPTURE(host);
  CHECK(status(at, secrecy::open, "Host: " + host + "\r\n") == expected);
}

TEST_CASE("a port that is HTTP's own need not be said") {
  gate at{tcp("127.0.0.1"), ""};
  at.bind.tcp.port = 80;
  CHECK(status(at, secrecy::open, "Host: localhost\r\n") == 0);
}

TEST_CASE("what no browser reaches, or nobody without the token, has any name") {
  CHECK(status({{admin_bind::kind::unix_socket, {}, "/run/a.sock"}, ""}, secrecy::guarded, "Host: any\r\n") == 0);
  CHECK(status({tcp("0.0.0.0"), "secret"}, secrecy::guarded, "Host: any\r\nAuthorization: Bearer secret\r\n") == 0);
}

TEST_CASE("the token is needed where strangers can reach the endpoint, and for changes wherever there is one") {
  const auto [address, token, what, expected] = GENERATE(table<std::string, std::string, secrecy, unsigned>({
      {"127.0.0.1", "", secrecy::changing, 0},
      {"127.0.0.1", "secret", secrecy::open, 0},
      {"127.0.0.1", "secret", secrecy::guarded, 0},
      {"127.0.0.1", "secret", secrecy::changing, 401},
      {"192.0.2.1", "secret", secrecy::open, 0},
      {"192.0.2.1", "secret", secrecy::guarded, 401},
      {"192.0.2.1", "secret", secrecy::changing, 401},
  }));
  const gate at{tcp(address), token};
  CHECK(status(at, what, own_host) == expected);
  CHECK(status(at, what, own_host + "Authorization: Bearer secret\r\n") == 0);
  CHECK(status(at, what, own_host + "Authorization: Bearer secre\r\n") == expected);
}

TEST_CASE("an open address without a token lets nobody in") {
  CHECK(status({tcp("0.0.0.0"), ""}, secrecy::guarded, own_host + "Authorization: Bearer \r\n") == 401);
}

TEST_CASE("a change comes from the endpoint's own page or from none") {
  const gate at{tcp("127.0.0.1"), ""};
  const auto [fields, body, expected] = GENERATE(table<std::string, std::string, unsigned>({
      {"", "", 0},
      {"", "{}", 415},
      {"Content-Type: application/json\r\n", "{}", 0},
      {"Content-Type: text/plain\r\n", "", 415},
      {"Content-Type: text/plain\r\nX-Requested-With: x\r\n", "", 0},
      {"Origin: http://127.0.0.1:9080\r\n", "", 0},
      {"Origin: https://127.0.0.1:9080\r\n", "", 0},
      {"Origin: http://127.0.0.1:9081\r\n", "", 403},
      {"Origin: http://127.0.0.1:9080\r\nOrigin: http://evil\r\n", "", 403},
      {"Origin: \r\n", "", 403},
      {"Sec-Fetch-Site: same-origin\r\n", "", 0},
      {"Sec-Fetch-Site: cross-site\r\n", "", 403},
  }));
  CAPTURE(fields, body);
  CHECK(status(at, secrecy::changing, own_host + fields, body) == expected);
  CHECK(status(at, secrecy::guarded, own_host + fields, body) == 0);
}
