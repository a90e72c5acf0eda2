#include "headers/chunked.hpp"

#include <catch2/catch_all.hpp>
#include <string>

#include "messages.hpp"

namespace opslb::headers {
namespace {

using namespace std::string_literals;
using state = chunked_decoder::state;

struct decoded {
  std::string outcome = "need_more";  ///< or "done" or "refused"
  std::string body;
  std::string rest;  ///< behind the end of the body
  std::string trailers;
};

/// Feeds `pieces` one after the other; takes at most `bite` bytes of data at a time.
decoded decode(const std::vector<std::string_view>& pieces, std::size_t bite = std::string::npos,
               chunked_decoder::limits limits = {}) {
  chunked_decoder decoder(limits);
  decoded result;
  std::string buffer;
  for (const auto piece : pieces) {
    buffer += piece;
    while (true) {
      const auto step = decoder.next(buffer);
      buffer.erase(0, step.framing);
      if (step.what == state::data) {
        REQUIRE(step.data > 0);
        const auto taken = std::min(step.data, bite);
        result.body += buffer.substr(0, taken);
        buffer.erase(0, taken);
        decoder.took(taken);
        continue;
      }
      if (step.what == state::refused) result.outcome = "refused";
      if (step.what == state::done) result.outcome = "done";
      break;
    }
  }
  result.rest = buffer;
  for (const auto& line : decoder.trailers()) {
    result.trailers.append(line.name).append("=").append(line.value).append("|");
  }
  return result;
}

TEST_CASE("chunks become the body, extensions go, trailers are read", "[chunked]") {
  const auto [text, body, trailers] = GENERATE(table<std::string, std::string, std::string>({
      {"0\r\n\r\n", "", ""},
      {"5\r\nhello\r\n0\r\n\r\n", "hello", ""},
      {"5\r\nhello\r\n1\r\n \r\n00A\r\n0123456789\r\n000\r\n\r\n", "hello 0123456789", ""},
      {"2\r\n\r\n\r\n0\r\n\r\n", "\r\n", ""},
      {"1;a\r\nx\r\n1;a=b;c=\"d e\"\r\ny\r\n0;z\r\n\r\n", "xy", ""},
      {"0\r\nA: b\r\nC:\r\n\r\n", "", "A=b|C=|"},
  }));
  CAPTURE(test::visible(text));
  const auto result = decode({text, "next"});
  CHECK(result.outcome == "done");
  CHECK(result.body == body);
  CHECK(result.trailers == trailers);
  CHECK(result.rest == "next");
}

TEST_CASE("bad chunk framing is refused", "[chunked]") {
  const auto text = GENERATE(values<std::string>({
      "\r\n",                              //
      "x\r\n",                             //
      " 5\r\nhello\r\n0\r\n\r\n",          // blanks around sizes
      "5 \r\nhello\r\n0\r\n\r\n",          //
      "5\t\r\nhello\r\n0\r\n\r\n",         //
      "5 ;a\r\nhello\r\n0\r\n\r\n",        //
      "0x5\r\nhello\r\n0\r\n\r\n",         // other notations
      "+5\r\nhello\r\n0\r\n\r\n",          //
      "-5\r\nhello\r\n0\r\n\r\n",          //
      "5,\r\nhello\r\n0\r\n\r\n",          //
      "5_0\r\n",                           //
      ";a\r\n",                            // no size
      "5\nhello\r\n0\r\n\r\n",             // bare LF
      "5\r\nhello\n0\r\n\r\n",             //
      "5\r\nhello\r\n0\n\r\n",             //
      "5\r\nhello\r\n0\r\n\n",             //
      "5;a\nhello\r\n0\r\n\r\n",           //
      "5;a=\"\n\"\r\nhello\r\n0\r\n\r\n",  //
      "5\rhello\r\n0\r\n\r\n",             // bare CR
      "5\r\r\nhello\r\n0\r\n\r\n",         //
      "5;a\rb\r\nhello\r\n0\r\n\r\n",      //
      "5;a\0b\r\nhello\r\n0\r\n\r\n"s,     // control bytes
      "5;\x7F\r\nhello\r\n0\r\n\r\n",      //
      "5\r\nhello!\r\n0\r\n\r\n",          // more data than announced
      "5\r\nhell\r\n0\r\n\r\n",            // less
      "5\r\nhello0\r\n\r\n",               // no line end behind it
      "5\r\nhello\r0\r\n\r\n",             //
      "10000000000000000\r\n",             // over 64 bits
      "fffffffffffffffff\r\n",             //
      "0\r\nA : b\r\n\r\n",                // trailers obey the rules of heads
      "0\r\n A: b\r\n\r\n",                //
      "0\r\nA: b\r\n c\r\n\r\n",           //
      "0\r\nA\r\n\r\n",                    //
      "0\r\nA: b\nC: d\r\n\r\n",           //
      "0\r\nA: b\r\r\n\r\n",               //
      "0\r\nA: \0\r\n\r\n"s,               //
  }));
  CAPTURE(test::visible(text));
  CHECK(decode({text}).outcome == "refused");
}

TEST_CASE("extensions are read as RFC 9112 7.1.1 has them, without blanks", "[chunked]") {
  const auto [extensions, outcome] = GENERATE(table<std::string, std::string>({
      {";a", "done"},
      {";a=b", "done"},
      {";a;b=c", "done"},
      {";a=b;c;d=e", "done"},
      {";!#$%&'*+-.^_`|~=1", "done"},
      {";a=\"\"", "done"},
      {";a=\"b;c=d\"", "done"},
      {";a=\"b;c\\\"d\"", "done"},
      {";a=\"\\\\\"", "done"},
      {";a=\"\\\t \xFF\t\"", "done"},
      {";a=\"b\";c=\"d\"", "done"},
      {";", "refused"},
      {";;", "refused"},
      {";a;", "refused"},
      {";;a", "refused"},
      {";=b", "refused"},
      {";a=", "refused"},
      {";a=;b", "refused"},
      {";a==b", "refused"},
      {";a=b=c", "refused"},
      {";\"a\"", "refused"},
      {";a\"b\"", "refused"},
      {";a=b\"c\"", "refused"},
      {";a=\"b\"c", "refused"},
      {";a=\"b\"\"c\"", "refused"},
      {";a=\"b\"=c", "refused"},
      {";a=\"", "refused"},
      {";a=\"b", "refused"},
      {";a=\"b\\", "refused"},
      {";a=\"b\\\"", "refused"},
      {";a=\"\\\x01\"", "refused"},
      {";a=\"\x7F\"", "refused"},
      {";a=\xFF", "refused"},
      {";\xFF", "refused"},
      {";a,b", "refused"},
      {";a/b", "refused"},
      {"; a", "refused"},
      {";\ta", "refused"},
      {" ;a", "refused"},
      {";a ", "refused"},
      {";a =b", "refused"},
      {";a= b", "refused"},
      {";a=b ", "refused"},
      {";a=b ;c", "refused"},
      {";a=\"b\" ", "refused"},
      {";a=\"b\" ;c", "refused"},
  }));
  const std::string text = "2" + extensions + "\r\nhi\r\n0" + extensions + "\r\n\r\n";
  CAPTURE(test::visible(text));
  CHECK(decode({text}).outcome == outcome);
  std::vector<std::string_view> single;
  for (std::size_t i = 0; i < text.size(); ++i) {
    single.push_back(std::string_view(text).substr(i, 1));
    CHECK(decode({std::string_view(text).substr(0, i), std::string_view(text).substr(i)}).outcome == outcome);
  }
  CHECK(decode(single).outcome == outcome);
}

TEST_CASE("a body that is not whole waits for more", "[chunked]") {
  const std::string text = "5;a=b\r\nhello\r\n0\r\nA: b\r\n\r\n";
  for (std::size_t cut = 0; cut < text.size(); ++cut) {
    CHECK(decode({std::string_view(text).substr(0, cut)}).outcome == "need_more");
  }
}

TEST_CASE("however the bytes are cut, the body is the same", "[chunked]") {
  const std::string text = "5;a=b\r\nhello\r\n1\r\n \r\nC\r\nlittle world\r\n0\r\nA: b\r\nC: d\r\n\r\n";
  const std::string_view all = text;
  for (const std::size_t bite : {std::size_t{1}, std::size_t{3}, std::string::npos}) {
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
      const auto result = decode({all.substr(0, cut), all.substr(cut)}, bite);
      CHECK(result.outcome == "done");
      CHECK(result.body == "hello little world");
      CHECK(result.trailers == "A=b|C=d|");
    }
    std::vector<std::string_view> single;
    for (std::size_t i = 0; i < text.size(); ++i) single.push_back(all.substr(i, 1));
    CHECK(decode(single, bite).body == "hello little world");
  }
}

TEST_CASE("data may be asked for again before it is taken", "[chunked]") {
  chunked_decoder decoder({});
  const std::string text = "5\r\nhello\r\n";
  CHECK(decoder.next(text).framing == 3);
  for (int i = 0; i < 3; ++i) {
    const auto again = decoder.next(std::string_view(text).substr(3));
    CHECK(again.what == state::data);
    CHECK(again.framing == 0);
    CHECK(again.data == 5);
    decoder.took(0);
  }
}

TEST_CASE("a body may have as many bytes as a Content-Length may say, and no more", "[chunked]") {
  chunked_decoder decoder({});
  const auto step = decoder.next("0007fffffffffffffff\r\nxy");
  CHECK(step.what == state::data);
  CHECK(step.data == 2);
  CHECK(decode({"8000000000000000"}).outcome == "refused");
  CHECK(decode({"ffffffffffffffff"}).outcome == "refused");

  CHECK(decode({"2\r\nhi\r\n7ffffffffffffffd\r\nx"}).body == "hix");
  CHECK(decode({"2\r\nhi\r\n7ffffffffffffffd\r\nx"}).outcome == "need_more");
  CHECK(decode({"2\r\nhi\r\n7ffffffffffffffe"}).outcome == "refused");
  CHECK(decode({"1\r\nh\r\n1\r\ni\r\n7ffffffffffffffe"}).outcome == "refused");
}

TEST_CASE("lines and trailers have bounds, exactly", "[chunked]") {
  const auto line = [](std::size_t bytes) { return "0;" + std::string(bytes - 3, 'a') + "\r\n\r\n"; };
  CHECK(decode({line(20)}, 1, {.line_bytes = 20}).outcome == "done");
  CHECK(decode({line(21)}, 1, {.line_bytes = 20}).outcome == "refused");
  CHECK(decode({"0;" + std::string(30, 'a')}, 1, {.line_bytes = 20}).outcome == "refused");
  CHECK(decode({std::string(30, '0')}, 1, {.line_bytes = 20}).outcome == "refused");
  CHECK(decode({line(5000)}, 1, {.line_bytes = 0}).outcome == "done");

  CHECK(decode({"0\r\nA: b\r\n\r\n"}, 1, {.trailer_bytes = 8}).outcome == "done");
  CHECK(decode({"0\r\nA: b\r\n\r\n"}, 1, {.trailer_bytes = 7}).outcome == "refused");
  CHECK(decode({"0\r\nA: " + std::string(50, 'b')}, 1, {.trailer_bytes = 20}).outcome == "refused");
  CHECK(decode({"0\r\nA:1\r\nB:2\r\n\r\n"}, 1, {.trailer_count = 2}).outcome == "done");
  CHECK(decode({"0\r\nA:1\r\nB:2\r\nC:3\r\n"}, 1, {.trailer_count = 2}).outcome == "refused");
}

TEST_CASE("a chunk head is written in hexadecimal", "[chunked]") {
  const auto written = [](std::uint64_t size) {
    std::array<char, chunk_head_max> out;
    return std::string(out.data(), write_chunk_head(size, out));
  };
  CHECK(written(0) == "0\r\n");
  CHECK(written(0x1a3) == "1a3\r\n");
  CHECK(written(~std::uint64_t{0}) == "ffffffffffffffff\r\n");
}

}  // namespace
}  // namespace opslb::headers
