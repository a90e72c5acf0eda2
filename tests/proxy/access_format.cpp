#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "proxy/access_log.hpp"

using namespace opslb::access_log;
using nlohmann::json;
using opslb::request_text;

namespace {

/// What a line is made from, with the request's own words one by one.
struct sample {
  opslb::exchange_facts how{};
  std::string client{}, method{}, target{}, host{}, user_agent{}, trace{}, referer{};
  std::string request_id{}, client_certificate{};
  std::vector<opslb::backend_try> tries{};
  bool is_raw_tcp = false;

  void add_to(lines& out, void (lines::*add)(const record&)) const {
    request_text text;
    std::string all;
    const auto put = [&](request_text::piece which, const std::string& words) {
      text.sizes[which] = static_cast<std::uint32_t>(words.size());
      all += words;
    };
    put(request_text::method, method);
    put(request_text::target, target);
    put(request_text::host, host);
    put(request_text::user_agent, user_agent);
    put(request_text::trace, trace);
    put(request_text::dropped, " X-Real-IP");
    put(request_text::referer, referer);
    text.all = all;
    const opslb::seen_target seen(text[request_text::target]);
    (out.*add)({how, text, seen, client, request_id, client_certificate, tries, is_raw_tcp});
  }
};

const std::vector<opslb::backend_try> tries = {{"ops1", "least requests", "connection refused"},
                                               {"ops2", "only one left", "done"}};

sample an_agents_poll() {
  sample r;
  r.how.began = std::chrono::system_clock::time_point(std::chrono::milliseconds(1795334400123));
  r.how.listener = "http";
  r.client = "192.0.2.7";
  r.method = "GET";
  r.target = "/agents/api/conf?ah=db1&av=13.2&mmsApiKey=0123456789abcdef";
  r.how.version = opslb::headers::http_version::http_1_1;
  r.host = "ops.example.com:8080";
  r.referer = "https://ops.example.com/login?token=t0ps3cret";
  r.user_agent = "MongoDB Automation Agent";
  r.how.status = 200;
  r.how.bytes_in = 345;
  r.how.bytes_out = 18446744073709551615U;
  r.how.body_out = 1024;
  r.how.backend = "ops1";
  r.tries = tries;
  r.how.end = "done";
  r.request_id = "4f2a";
  r.how.queued = 7;
  r.how.connect = 0;
  r.how.first_byte = 1042;
  r.how.total = 61'000'500;
  return r;
}

std::string as_json(const sample& r) {
  lines out;
  r.add_to(out, &lines::add_json);
  return std::string(out.text());
}

std::string as_combined(const sample& r) {
  lines out;
  r.add_to(out, &lines::add_combined);
  return std::string(out.text());
}

}  // namespace

TEST_CASE("a JSON line has every field, in a fixed order, with times as numbers of milliseconds") {
  CHECK(
      as_json(an_agents_poll()) ==
      R"_({"time":"2026-11-22T08:00:00.123Z","listener":"http","client":"192.0.2.7","method":"GET",)_"
      R"_("target":"/agents/api/conf?ah=db1&av=13.2&mmsApiKey=***","protocol":"HTTP/1.1","host":"ops.example.com:8080",)_"
      R"_("status":200,"bytes_in":345,"bytes_out":18446744073709551615,"backend":"ops1",)_"
      R"_("tried":"ops1(least requests: connection refused) ops2(only one left: done)","queued_ms":0.007,"connect_ms":0.000,"first_byte_ms":1.042,)_"
      R"_("total_ms":61000.500,"end":"done","request_id":"4f2a",)_"
      R"_("referer":"https://ops.example.com/login?token=***","user_agent":"MongoDB Automation Agent",)_"
      R"_("agent_host":"db1","agent_version":"13.2"})_"
      "\n");
}

TEST_CASE("a JSON line tells how the request was secured, and by whose certificate") {
  auto r = an_agents_poll();
  r.how.tls_version = "TLSv1.3";
  r.how.tls_cipher = "TLS_AES_128_GCM_SHA256";
  r.client_certificate = "CN=agent \"1\"\n";
  const auto line = json::parse(as_json(r));
  CHECK(line.at("tls") == "TLSv1.3");
  CHECK(line.at("cipher") == "TLS_AES_128_GCM_SHA256");
  CHECK(line.at("client_certificate") == "CN=agent \"1\"\n");
  const auto plain = json::parse(as_json(an_agents_poll()));
  CHECK_FALSE((plain.contains("tls") || plain.contains("cipher") || plain.contains("client_certificate")));
}

TEST_CASE("in a JSON line what is not known is left out") {
  sample r;
  r.how.listener = "http";
  r.client = "192.0.2.7";
  r.how.end = "client closed";
  const auto line = json::parse(as_json(r));
  for (const auto* name :
       {"method", "target", "protocol", "host", "backend", "tried", "queued_ms", "connect_ms", "first_byte_ms",
        "total_ms", "request_id", "referer", "user_agent", "agent_host", "agent_version"}) {
    CAPTURE(name);
    CHECK_FALSE(line.contains(name));
  }
  CHECK(line["status"] == 0);
}

TEST_CASE("in a JSON line every byte from outside is escaped so that it can only be part of its value") {
  struct row {
    std::string_view sent, written;
  };
  const auto [sent, written] = GENERATE(values<row>({
      {"plain ~", "plain ~"},
      {"a\"b\\c/", R"(a\"b\\c/)"},
      {"a\nb\r\t", R"(a\u000Ab\u000D\u0009)"},
      {{"\0\x1f\x7f", 3}, R"(\u0000\u001F\u007F)"},
      {"Gr\xC3\xBC\xC3\x9F"
       "e \xE2\x82\xAC \xF0\x9F\x8D\x83",
       "Gr\xC3\xBC\xC3\x9F"
       "e \xE2\x82\xAC \xF0\x9F\x8D\x83"},
      {"\xFF\xFE", R"(\u00FF\u00FE)"},
      {"\xC3", R"(\u00C3)"},
      {"\xC3(", R"(\u00C3()"},
      {"\xE2\x82", R"(\u00E2\u0082)"},
      {"\xC0\xAF", R"(\u00C0\u00AF)"},  // overlong '/'
      {"\xE0\x80\xAF", R"(\u00E0\u0080\u00AF)"},
      {"\xF0\x80\x80\xAF", R"(\u00F0\u0080\u0080\u00AF)"},
      {"\xED\xA0\x80", R"(\u00ED\u00A0\u0080)"},            // a surrogate
      {"\xF4\x90\x80\x80", R"(\u00F4\u0090\u0080\u0080)"},  // above U+10FFFF
      {"\xC2\x85", R"(\u00C2\u0085)"},                      // NEL and its kind, which some readers end a line at
      {"\xE2\x80\xA8\xE2\x80\xA9", R"(\u00E2\u0080\u00A8\u00E2\u0080\u00A9)"},
  }));
  sample r;
  r.user_agent = sent;
  const auto line = as_json(r);
  CHECK(line.find("\"user_agent\":\"" + std::string(written) + "\"}\n") != std::string::npos);
  CHECK(json::accept(line));
}

TEST_CASE("in a JSON line a byte is escaped wherever in a value it stands, however long that is") {
  const std::size_t size = GENERATE(1U, 2U, 3U, 4U, 5U, 7U, 8U, 9U, 15U, 16U, 17U, 31U, 32U, 33U, 40U);
  for (unsigned byte = 0; byte < 256; ++byte) {
    for (std::size_t at = 0; at < size; ++at) {
      sample r;
      std::string value(size, 'a');
      value[at] = static_cast<char>(byte);
      r.user_agent = r.host = value;
      r.target = value;
      const std::string line = as_json(r);
      const bool stays = byte >= 0x20 && byte < 0x7F && byte != '"' && byte != '\\';
      INFO("byte " << byte << " at " << at << " of " << size);
      REQUIRE((line.find(R"("user_agent":")" + value + "\"") != std::string::npos) == stays);
      REQUIRE((line.find(R"("target":")" + value + "\"") != std::string::npos) == (stays && byte != '@'));
      REQUIRE((line.find(R"("host":")" + value + "\"") != std::string::npos) == (stays && byte != '@'));
      REQUIRE(std::all_of(line.begin(), line.end() - 1, [](char c) { return c >= 0x20 && c < 0x7F; }));
      if (byte < 0x80) REQUIRE(json::parse(line)["user_agent"] == value);
    }
  }
}

TEST_CASE("text of opslb's own is copied whole, however long it is") {
  for (std::size_t size = 1; size < 80; ++size) {
    std::string value(size, ' ');
    for (std::size_t i = 0; i < size; ++i) value[i] = static_cast<char>('a' + i % 26);
    sample r;
    r.request_id = value;
    CHECK(as_json(r).find(R"("request_id":")" + value + "\"}\n") != std::string::npos);
  }
}

TEST_CASE("the longest texts of opslb's own find room, whatever the first line of a batch has of the client's") {
  sample r;
  const std::string backend(514, 'b');
  const std::string listener(64, 'l');
  r.how.listener = listener;
  r.how.backend = backend;
  r.how.end = "the longest reason for which a request may have come to its end";
  r.how.tls_version = "TLSv1.3";
  r.how.tls_cipher = "ECDHE-ECDSA-CHACHA20-POLY1305-AND-LONGER";
  r.how.bytes_in = r.how.bytes_out = r.how.body_out = std::numeric_limits<std::uint64_t>::max();
  r.how.queued = r.how.connect = r.how.first_byte = r.how.total = std::numeric_limits<std::int64_t>::max();
  r.how.status = 599;
  r.client = std::string(45, 'f');
  r.trace = std::string(32, 'a');
  r.request_id = std::string(128, 'i');
  r.tries = {{r.how.backend, "least requests", "client sent no body bytes"}};
  lines out;
  r.add_to(out, &lines::add_json);
  CHECK(json::parse(out.text()).at("backend") == backend);
  CHECK(out.size() < 3000);
}

TEST_CASE("a target is told where the method was not read") {
  sample r;
  r.target = "/x";
  CHECK(json::parse(as_json(r)).at("target") == "/x");
}

TEST_CASE("the agent's host and version are those of the query, and of nothing else") {
  sample r;
  r.target = "/agents/ah=1;ah=2?x=1&ah=db1%22&av=13&ah=db2";
  auto line = json::parse(as_json(r));
  CHECK(line.at("agent_host") == "db1%22");
  CHECK(line.at("agent_version") == "13");
  r.target = "/agents/ah=1";
  r.referer = "http://h/?ah=db1&av=13";
  line = json::parse(as_json(r));
  CHECK_FALSE((line.contains("agent_host") || line.contains("agent_version")));
}

TEST_CASE("lines stand one behind the other, long ones too") {
  lines all;
  std::string expected;
  for (const std::size_t size : {10U, 5000U, 100U, 100'000U, 1U}) {
    sample r;
    const std::string long_text(size, '\x01');
    r.user_agent = long_text;
    r.target = long_text;
    r.add_to(all, &lines::add_json);
    expected += as_json(r);
    r.add_to(all, &lines::add_combined);
    expected += as_combined(r);
  }
  CHECK(all.text() == expected);
  all.clear();
  CHECK(all.text().empty());
}

TEST_CASE("any bytes whatever give one line of valid JSON and one line of the combined format") {
  std::mt19937 random(20261122);
  for (int round = 0; round < 2000; ++round) {
    std::string bytes(random() % 40, ' ');
    for (auto& c : bytes) c = static_cast<char>(random());
    sample r;
    r.target = bytes;
    r.method = r.host = r.referer = r.user_agent = r.client_certificate = bytes;
    const std::vector<opslb::backend_try> both(2, {"ops1", "only one left", bytes, 0, false});
    r.how.version = opslb::headers::http_version::http_1_1;
    r.tries = both;
    const auto line = as_json(r);
    REQUIRE(json::accept(line));
    REQUIRE(line.find('\n') == line.size() - 1);
    const auto combined = as_combined(r);
    REQUIRE(combined.find('\n') == combined.size() - 1);
    REQUIRE(std::all_of(combined.begin(), combined.end() - 1, [](char c) { return c >= ' ' && c <= '~'; }));
    REQUIRE(std::count(combined.begin(), combined.end(), '"') == 6);
  }
}

TEST_CASE("the combined format is that of nginx and Apache") {
  CHECK(as_combined(an_agents_poll()) ==
        "192.0.2.7 - - [22/Nov/2026:08:00:00 +0000] \"GET /agents/api/conf?ah=db1&av=13.2&mmsApiKey=*** HTTP/1.1\" 200 "
        "1024 "
        "\"https://ops.example.com/login?token=***\" \"MongoDB Automation Agent\"\n");
}

TEST_CASE("the combined format writes - for what is not known") {
  sample r;
  CHECK(as_combined(r) == "- - - [01/Jan/1970:00:00:00 +0000] \"-\" 000 0 \"-\" \"-\"\n");
}

TEST_CASE("a raw TCP connection has neither method, target nor status") {
  sample r;
  r.client = "192.0.2.7";
  r.is_raw_tcp = true;
  r.how.bytes_in = 1;
  r.how.bytes_out = r.how.body_out = 2;
  r.how.end = "done";
  CHECK(as_json(r) == R"({"time":"1970-01-01T00:00:00.000Z","client":"192.0.2.7","protocol":"tcp","bytes_in":1,)"
                      R"("bytes_out":2,"end":"done"})"
                      "\n");
  CHECK(as_combined(r) == "192.0.2.7 - - [01/Jan/1970:00:00:00 +0000] \"tcp\" 000 2 \"-\" \"-\"\n");
}

TEST_CASE("the combined format escapes what could end a field or a line") {
  sample r;
  r.client = "1 2\n";
  r.method = "GET";
  r.target = "/\"\\\r\n\x7f\xc3\xbc";
  r.how.version = opslb::headers::http_version::http_1_1;
  r.user_agent = "\" 200 1";
  CHECK(as_combined(r) ==
        "1\\x202\\x0A - - [01/Jan/1970:00:00:00 +0000] \"GET /\\x22\\x5C\\x0D\\x0A\\x7F\\xC3\\xBC HTTP/1.1\" "
        "000 0 \"-\" \"\\x22 200 1\"\n");
}

TEST_CASE("how long a line takes to format", "[!benchmark]") {
  const auto r = an_agents_poll();
  BENCHMARK_ADVANCED("one JSON line")(Catch::Benchmark::Chronometer meter) {
    lines out;
    meter.measure([&] {
      out.clear();
      r.add_to(out, &lines::add_json);
    });
  };
}
