// Counts allocations by replacing operator new for this whole test program.
#include <catch2/catch_all.hpp>
#include <cstdlib>
#include <new>
#include <string>

#include "headers/chunked.hpp"
#include "headers/head_parser.hpp"
#include "headers/rewrite.hpp"

namespace {

std::size_t allocations = 0;

}  // namespace

void* operator new(std::size_t size) {
  ++allocations;
  if (void* const memory = std::malloc(size != 0 ? size : 1)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace opslb::headers {
namespace {

/// One request on a connection that has seen some before.
struct steady_state {
  request_head head;
  request_facts facts;
  identity who;
  response_head answer;
  response_facts answer_facts;
  std::string to_server, to_browser;
  forwarding_rules rules;
  peer connection;

  bool exchange(std::string_view request, std::string_view response) {
    if (parse_request_head(request, 0, {}, head).state != parse_state::complete) return false;
    if (check_request(head, rules.server_name, facts).status != 0) return false;
    identify(head, facts, connection, rules, who);
    to_backend(head, facts, who, rules, usable_request_id(head), to_server);
    if (parse_response_head(response, 0, {}, answer).state != parse_state::complete) return false;
    if (check_response(answer, head.verb, upgrade_wish::none, answer_facts).status != 0) return false;
    to_client(answer, answer_facts, {.body = body_kind::length}, usable_request_id(head), to_browser);
    return true;
  }
};

TEST_CASE("in steady state a request allocates nothing", "[allocations]") {
  const bool trusted = GENERATE(false, true);
  steady_state state;
  state.rules.server_name = "lb.example.com";
  if (trusted) state.rules.trusted_proxies.push_back(*network::parse("2001:db8::/32"));
  state.connection = {.client = {*ip_address::parse("2001:db8:1111:2222:3333:4444:5555:6666"), 1},
                      .client_text = "2001:db8:1111:2222:3333:4444:5555:6666",
                      .local = {}};
  const std::string request =
      "POST /agents/api/ping?ah=host&av=1 HTTP/1.1\r\nHost: ops.example.com:8080\r\nUser-Agent: MongoDB\r\n"
      "Connection: keep-alive, X-Y\r\nX-Y: z\r\nTE: trailers\r\nVia: 1.1 other (comment)\r\nX-Request-Id: abc\r\n"
      "X-Forwarded-For: 2001:db9:aaaa:bbbb:cccc:dddd:eeee:ffff, [2001:db8::1]:80\r\nContent-Length: 12\r\n\r\n";
  const std::string response =
      "HTTP/1.1 200 OK\r\nDate: now\r\nContent-Length: 5\r\nConnection: keep-alive\r\nServer: Jetty\r\n\r\n";
  REQUIRE(state.exchange(request, response));
  const auto before = allocations;
  const bool again = state.exchange(request, response);
  const auto made = allocations - before;
  CHECK(again);
  CHECK(made == 0);
  CHECK(before > 0);
  CHECK(state.who.client_text ==
        (trusted ? "2001:db9:aaaa:bbbb:cccc:dddd:eeee:ffff" : "2001:db8:1111:2222:3333:4444:5555:6666"));
}

TEST_CASE("decoding a chunked body without trailers allocates nothing", "[allocations]") {
  const auto before = allocations;
  chunked_decoder decoder({});
  std::string_view input = "5;a=b\r\nhello\r\n0\r\n\r\n";
  auto step = decoder.next(input);
  decoder.took(step.data);
  input.remove_prefix(step.framing + step.data);
  step = decoder.next(input);
  const auto made = allocations - before;
  CHECK(step.what == chunked_decoder::state::done);
  CHECK(made == 0);
}

TEST_CASE("looking at a plain path allocates nothing", "[allocations]") {
  const auto before = allocations;
  const bool is_agents = plain_path("/agents/api/automation/conf/v1/some/long/path?x=%2F").is_under("/agents/");
  const auto made = allocations - before;
  CHECK(is_agents);
  CHECK(made == 0);
}

}  // namespace
}  // namespace opslb::headers
