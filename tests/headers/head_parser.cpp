#include "headers/head_parser.hpp"

#include <catch2/catch_all.hpp>
#include <string>
#include <utility>

#include "messages.hpp"

namespace opslb::headers {
namespace {

using namespace std::string_literals;
using test::request;
using test::response;

/// State, status, reason and everything that was read, as one text.
template <typename Head>
std::string outcome(const parse_result& result, const Head& head) {
  if (result.state == parse_state::incomplete) return "incomplete";
  if (result.state == parse_state::refused)
    return std::to_string(result.why.status) + ' ' + std::string(result.why.reason);
  std::string text = std::to_string(result.head_size);
  if constexpr (requires { head.target; }) {
    text.append(" ").append(head.method_name).append(" ").append(head.target);
  } else {
    text.append(" ").append(std::to_string(head.status)).append(" ").append(head.reason);
  }
  text.append(head.version == http_version::http_1_1 ? " 1.1" : " 1.0");
  for (const auto& line : head.fields) text.append("|").append(line.name).append("=").append(line.value);
  return text;
}

std::string at_once(std::string_view bytes, const head_limits& limits = {}) {
  request_head head;
  return outcome(parse_request_head(bytes, 0, limits, head), head);
}

std::string status_of(std::string_view bytes, const head_limits& limits = {}) {
  return at_once(bytes, limits).substr(0, 3);
}

TEST_CASE("a request head is taken apart and its size told", "[head_parser]") {
  CHECK(at_once("GET /a?b HTTP/1.1\r\nHost: h:1\r\nX:\r\nY:\t a b \t\r\n\r\nbody") ==
        "47 GET /a?b 1.1|Host=h:1|X=|Y=a b");
  CHECK(at_once("PROPFIND * HTTP/1.0\r\n\r\n") == "23 PROPFIND * 1.0");
}

TEST_CASE("empty lines before a request are skipped", "[head_parser]") {
  CHECK(at_once("\r\n\r\nGET / HTTP/1.1\r\n\r\n") == "22 GET / 1.1");
  CHECK(at_once("\r\n") == "incomplete");
}

TEST_CASE("values keep bytes above ASCII", "[head_parser]") {
  CHECK(at_once("GET / HTTP/1.1\r\nX: \xE4\xFF\x80 z\r\n\r\n") == "28 GET / 1.1|X=\xE4\xFF\x80 z");
}

TEST_CASE("a request head that peers could read differently is refused", "[head_parser]") {
  const auto bytes = GENERATE(values<std::string>({
      "\nGET / HTTP/1.1\r\n\r\n",                 // lone LF before the request
      "\rGET / HTTP/1.1\r\n\r\n",                 // lone CR before it
      "GET / HTTP/1.1\n\n",                       // bare LF
      "GET / HTTP/1.1\r\nHost: h\n\r\n",          //
      "GET / HTTP/1.1\r\nHost: h\r\n\n",          //
      "GET / HTTP/1.1\r\nHost: h\rX: y\r\n\r\n",  // bare CR
      "GET / HTTP/1.1\r\r\n\r\n",                 //
      "GET / HTTP/1.1\r\nHost: h\r\r\n\r\n",      //
      "GET / HTTP/1.1\r\nX: a\r\n b\r\n\r\n",     // obs-fold
      "GET / HTTP/1.1\r\nX: a\r\n\tb\r\n\r\n",    //
      "GET / HTTP/1.1\r\n X: a\r\n\r\n",          // blank before the first field
      "GET / HTTP/1.1\r\nX : a\r\n\r\n",          // blank before the colon
      "GET / HTTP/1.1\r\nX\t: a\r\n\r\n",         //
      "GET / HTTP/1.1\r\n: a\r\n\r\n",            // no name
      "GET / HTTP/1.1\r\nX\r\n\r\n",              // no colon
      "GET / HTTP/1.1\r\nX(: a\r\n\r\n",          // no token
      "GET / HTTP/1.1\r\nX\xE4: a\r\n\r\n",       //
      "GET / HTTP/1.1\r\nX: a\x01\r\n\r\n",       // control bytes
      "GET / HTTP/1.1\r\nX: a\x7F\r\n\r\n",       //
      "GET / HTTP/1.1\r\nX: a\x0B\r\n\r\n",       //
      "GET / HTTP/1.1\r\nX: a\0b\r\n\r\n"s,       // NUL
      "GET / HTTP/1.1\r\nX\0: b\r\n\r\n"s,        //
      "GET /\0 HTTP/1.1\r\n\r\n"s,                //
      " GET / HTTP/1.1\r\n\r\n",                  // blanks in the request line
      "GET  / HTTP/1.1\r\n\r\n",                  //
      "GET /  HTTP/1.1\r\n\r\n",                  //
      "GET\t/ HTTP/1.1\r\n\r\n",                  //
      "GET / HTTP/1.1 \r\n\r\n",                  //
      "GET /a b HTTP/1.1\r\n\r\n",                //
      "GET /\r\n\r\n",                            // HTTP/0.9
      "GET / \r\n\r\n",                           //
      "GET HTTP/1.1\r\n\r\n",                     //
      "GET / http/1.1\r\n\r\n",                   // versions
      "GET / HTTP/1\r\n\r\n",                     //
      "GET / HTTP/11\r\n\r\n",                    //
      "GET / HTTP/1.1.1\r\n\r\n",                 //
      "GET / HTTP/1.10\r\n\r\n",                  //
      "GET / HTTP/+1.1\r\n\r\n",                  //
      "GET / HTTPS/1.1\r\n\r\n",                  //
      "GET /#f HTTP/1.1\r\n\r\n",                 // a fragment
      "GET /\xC3\xA4 HTTP/1.1\r\n\r\n",           // not ASCII
      "G@T / HTTP/1.1\r\n\r\n",                   // methods
      "{} / HTTP/1.1\r\n\r\n",                    //
      "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFG / HTTP/1.1\r\n\r\n",
  }));
  CAPTURE(test::visible(bytes));
  CHECK(status_of(bytes) == "400");
}

TEST_CASE("a well-formed version that is not spoken is 505", "[head_parser]") {
  const auto* const bytes = GENERATE("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "GET / HTTP/1.2\r\n\r\n",
                                     "GET / HTTP/0.9\r\n\r\n", "GET / HTTP/3.0\r\n");
  CHECK(status_of(bytes) == "505");
}

TEST_CASE("what cannot become a request is refused before its end", "[head_parser]") {
  const auto bytes = GENERATE(values<std::string>({
      "\x16\x03\x01",                      // a TLS ClientHello
      "\n",                                //
      "\rx",                               //
      " ",                                 //
      "GET / HTTP/1.1\n",                  //
      "GET / HTTP/1.1\r\nX: a\n",          //
      "GET / HTTP/1.1\r\nX: a\rb",         //
      "GET / HTTP/1.1\r\nX y",             //
      "GET / HTTP/1.1\r\nX: a\r\n ",       //
      "GET / HTTPX",                       //
      "SSH-2.0-OpenSSH_9\r",               //
      "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFG"  //
  }));
  CAPTURE(test::visible(bytes));
  CHECK(status_of(bytes) == "400");
}

TEST_CASE("limits hold exactly, and as soon as they are certain", "[head_parser]") {
  const head_limits limits{.head_bytes = 60, .target_bytes = 8, .header_count = 2};
  CHECK(at_once("GET /23456789 HTTP/1.1\r\n\r\n", limits).starts_with("414"));
  CHECK(at_once("GET /2345678 HTTP/1.1\r\n\r\n", limits).starts_with("25 "));
  CHECK(at_once("GET /2345678", limits) == "incomplete");
  CHECK(at_once("GET /23456789", limits).starts_with("414"));

  CHECK(at_once("GET / HTTP/1.1\r\na:1\r\nb:2\r\n\r\n", limits).starts_with("28 "));
  CHECK(at_once("GET / HTTP/1.1\r\na:1\r\nb:2\r\n", limits) == "incomplete");
  CHECK(at_once("GET / HTTP/1.1\r\na:1\r\nb:2\r\nc", limits).starts_with("431"));

  const auto head_of = [](std::size_t size) {
    const std::string start = "GET / HTTP/1.1\r\nX: ";
    return start + std::string(size - start.size() - 4, 'x') + "\r\n\r\n";
  };
  CHECK(at_once(head_of(60), limits).starts_with("60 "));
  CHECK(at_once(head_of(60) + "body", limits).starts_with("60 "));
  CHECK(at_once(head_of(61), limits).starts_with("431"));
  CHECK(at_once(head_of(99).substr(0, 59), limits) == "incomplete");
  CHECK(at_once(head_of(99).substr(0, 60), limits).starts_with("431"));
  std::string empty_lines;
  for (int i = 0; i < 29; ++i) empty_lines += "\r\n";
  CHECK(at_once(empty_lines, limits) == "incomplete");
  CHECK(at_once(empty_lines + "\r\n", limits).starts_with("431"));
}

TEST_CASE("a limit of 0 is none", "[head_parser]") {
  const head_limits none{0, 0, 0};
  std::string bytes = "GET /" + std::string(100'000, 'x') + " HTTP/1.1\r\n";
  for (int i = 0; i < 1000; ++i) bytes += "a: b\r\n";
  CHECK(at_once(bytes, none) == "incomplete");
  CHECK_FALSE(at_once(bytes + "\r\n", none).starts_with("4"));
}

TEST_CASE("a status line is read with or without a reason", "[head_parser]") {
  const auto [line, reason] = GENERATE(table<std::string, std::string>({
      {"HTTP/1.1 200 OK", "OK"},
      {"HTTP/1.0 200 ", ""},
      {"HTTP/1.1 200", ""},
      {"HTTP/1.1 200 Not \xE4 simple\t!", "Not \xE4 simple\t!"},
  }));
  const response got(line + "\r\n\r\n");
  REQUIRE(got.parsed.state == parse_state::complete);
  CHECK(got.head.status == 200);
  CHECK(got.head.reason == reason);
}

TEST_CASE("what is no HTTP response is 502", "[head_parser]") {
  const auto bytes = GENERATE(values<std::string>({
      "HTTP/1.1 200 OK\n\n",
      "HTTP/1.1 200 OK\nX: y\r\n\r\n",
      "HTTP/1.1  200 OK\r\n\r\n",
      "HTTP/1.1 20 OK\r\n\r\n",
      "HTTP/1.1 2000 OK\r\n\r\n",
      "HTTP/1.1 099 X\r\n\r\n",
      "HTTP/1.1 600 X\r\n\r\n",
      "HTTP/1.1 2x0 X\r\n\r\n",
      "HTTP/1.1 +20 X\r\n\r\n",
      "HTTP/1.1\r\n\r\n",
      "HTTP/2.0 200 OK\r\n\r\n",
      "HTTP/1.2 200 OK\r\n\r\n",
      "http/1.1 200 OK\r\n\r\n",
      "ICY 200 OK\r\n\r\n",
      "\r\nHTTP/1.1 200 OK\r\n\r\n",
      "SSH-2.0\r\n",
      "<html>",
      "HTTP/1.1 200 O\0K\r\n\r\n"s,
      "HTTP/1.1 200 O\rK\r\n\r\n",
      "HTTP/1.1 200\tOK\r\n\r\n",
      "HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n",
      "HTTP/1.1 200 OK\r\nX : a\r\n\r\n",
      "HTTP/1.1 200 OK\r\n: a\r\n\r\n",
  }));
  CAPTURE(test::visible(bytes));
  CHECK(response(bytes).why.status == 502);
}

TEST_CASE("a response head over its limits is 502", "[head_parser]") {
  response_head head;
  const std::string bytes = "HTTP/1.1 200 OK\r\na: b\r\nc: d\r\n\r\n";
  CHECK(parse_response_head(bytes, 0, {.head_bytes = 20}, head).why.status == 502);
  CHECK(parse_response_head(bytes, 0, {.header_count = 1}, head).why.status == 502);
  CHECK(parse_response_head(bytes, 0, {.target_bytes = 1}, head).state == parse_state::complete);
}

/// Feeds `bytes` up to each of the cuts in turn, from a fresh copy each time, so that views of an earlier call are dead.
template <typename Parse, typename Head>
std::string in_pieces(std::string_view bytes, const std::vector<std::size_t>& cuts, Parse parse, Head& head,
                      const head_limits& limits, std::string& copy) {
  parse_result result;
  for (const auto cut : cuts) {
    std::string(bytes.substr(0, cut)).swap(copy);
    result = parse(copy, result.scanned, limits, head);
    if (result.state != parse_state::incomplete) break;
  }
  return outcome(result, head);
}

TEST_CASE("however the bytes are cut, the outcome is the same", "[head_parser]") {
  const head_limits limits{.head_bytes = 120, .target_bytes = 20, .header_count = 4};
  const auto bytes = GENERATE(values<std::string>({
      "\r\nPOST /a?b=c HTTP/1.1\r\nHost: example.com\r\nContent-Length: 5\r\nX:\r\n\r\nhello",
      "GET / HTTP/1.0\r\n\r\n",
      "GET / HTTP/1.1\r\nA: b\r\nC : d\r\n\r\n",
      "GET / HTTP/1.1\r\nA: b\r\nC: d\n\r\n",
      "GET / HTTP/1.1\r\nA: b\r\nC: \x01 d\r\n\r\n",
      "GET /01234567890123456789 HTTP/1.1\r\n\r\n",
      "GET /0123456789012345678\x01 HTTP/1.1\r\n\r\n",
      "GET / HTTP/1.1\r\nA:1\r\nB:2\r\nC:3\r\nD:4\r\nE:5\r\n\r\n",
      "GET / HTTP/1.1\r\nLong: " + std::string(120, 'x') + "\r\n\r\n",
      "GET / HTTP/1.1\r\nLong: " + std::string(120, 'x') + "\x01\r\n\r\n",
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
      "GET / HTTP/2.X\r\n\r\n",
  }));
  CAPTURE(test::visible(bytes));
  const auto whole = at_once(bytes, limits);
  REQUIRE(whole != "incomplete");

  std::string copy;
  std::vector<std::size_t> every_byte;
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    every_byte.push_back(cut);
    request_head head;
    CHECK(in_pieces(bytes, {cut, bytes.size()}, parse_request_head, head, limits, copy) == whole);
  }
  request_head head;
  CHECK(in_pieces(bytes, every_byte, parse_request_head, head, limits, copy) == whole);
}

TEST_CASE("however a response is cut, the outcome is the same", "[head_parser]") {
  const auto bytes = GENERATE(values<std::string>({
      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX: y\r\n\r\nhello",
      "HTTP/1.0 304\r\n\r\n",
      "HTTP/1.1 200 \r\nA: b\r\n\r\n",
      "HTTP/1.1 200 OK\r\nA: b\n\r\n",
      "HTTP/1.1 777 OK\r\n\r\n",
  }));
  response_head head;
  const auto whole = outcome(parse_response_head(bytes, 0, {}, head), head);
  std::string copy;
  std::vector<std::size_t> every_byte;
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    every_byte.push_back(cut);
    CHECK(in_pieces(bytes, {cut, bytes.size()}, parse_response_head, head, {}, copy) == whole);
  }
  CHECK(in_pieces(bytes, every_byte, parse_response_head, head, {}, copy) == whole);
}

TEST_CASE("lines that were whole are not read again", "[head_parser]") {
  request_head head;
  const std::string bytes = "GET / HTTP/1.1\r\nA: b\r\nC: d";
  const auto first = parse_request_head(bytes, 0, {}, head);
  CHECK(first.state == parse_state::incomplete);
  CHECK(first.scanned == 22);
}

TEST_CASE("a head never shows bytes that may have moved since", "[head_parser]") {
  request_head head;
  std::string bytes = "GET /first HTTP/1.1\r\nHost: h\r\n";
  const auto first = parse_request_head(bytes, 0, {}, head);
  CHECK(head.method_name.empty());
  CHECK(head.target.empty());
  REQUIRE(head.fields.size() == 1);
  CHECK(head.fields[0].name.empty());

  std::string(bytes + "X : y\r\n").swap(bytes);
  CHECK(parse_request_head(bytes, first.scanned, {}, head).state == parse_state::refused);
  CHECK(head.target.data() == bytes.data() + 4);
  CHECK(head.target == "/first");
  REQUIRE(head.fields.size() == 1);
  CHECK(head.fields[0].value == "h");
}

TEST_CASE("a head is used again for the next message", "[head_parser]") {
  request_head head;
  parse_request_head("GET / HTTP/1.1\r\nA: b\r\nC: d\r\n\r\n", 0, {}, head);
  parse_request_head("PUT /x HTTP/1.0\r\nE: f\r\n\r\n", 0, {}, head);
  REQUIRE(head.fields.size() == 1);
  CHECK(head.verb == method::put);
  CHECK(head.fields[0].name == "E");
  CHECK(parse_request_head("HEAD / HTTP/9.9\r\n", 0, {}, head).state == parse_state::refused);
  CHECK(head.verb == method::head);
}

TEST_CASE("field lines alone end with the empty line and nothing behind it", "[head_parser]") {
  std::vector<field> fields;
  CHECK(parse_field_lines("A: b\r\nC: d\r\n\r\n", fields));
  CHECK(fields.size() == 2);
  fields.clear();
  CHECK(parse_field_lines("\r\n", fields));
  for (const auto* const wrong : {"", "A: b\r\n", "A: b\r\n\r\nX", "A : b\r\n\r\n", "A: b\n\n", " A: b\r\n\r\n"}) {
    CAPTURE(wrong);
    CHECK_FALSE(parse_field_lines(wrong, fields));
  }
}

TEST_CASE("every length of value is scanned to its first wrong byte", "[head_parser]") {
  for (std::size_t length = 0; length < 72; ++length) {
    for (std::size_t wrong = 0; wrong < length; ++wrong) {
      for (const char c : {'\0', '\x1F', '\x7F', '\n', '\b'}) {
        std::string value(length, length % 2 == 0 ? '\xFF' : 'v');
        value[wrong] = c;
        CHECK(status_of("GET / HTTP/1.1\r\nX:" + value + "\r\n\r\n") == "400");
      }
      for (const char c : {'\t', ' ', '~', '\x80', '!'}) {
        std::string value(length, 'v');
        value[wrong] = c;
        CHECK(at_once("GET / HTTP/1.1\r\nX:" + value + "\r\n\r\n").starts_with(std::to_string(22 + length) + " GET"));
      }
    }
  }
}

TEST_CASE("every length of name is scanned to its first wrong byte", "[head_parser]") {
  for (std::size_t length = 1; length < 40; ++length) {
    for (std::size_t at = 0; at < length; ++at) {
      for (const char c : {'\0', '@', '[', '{', '/', ' ', '\t', '\x7F', '\x80', '\xE1', '\r'}) {
        std::string name(length, 'N');
        name[at] = c;
        CHECK(status_of("GET / HTTP/1.1\r\n" + name + ": v\r\n\r\n") == "400");
      }
      for (const char c : {'-', '_', '9', 'z', '~', '!'}) {
        std::string name(length, 'n');
        name[at] = c;
        CHECK(at_once("GET / HTTP/1.1\r\n" + name + ": v\r\n\r\n").starts_with(std::to_string(23 + length) + " GET"));
      }
    }
  }
}

}  // namespace
}  // namespace opslb::headers
