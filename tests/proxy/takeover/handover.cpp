#include "proxy/takeover/handover.hpp"

#include <catch2/catch_all.hpp>

#include <string>

using namespace opslb;
using namespace opslb::takeover;
using namespace std::chrono_literals;

namespace {

tls::ticket_key key_of(unsigned char byte) {
  tls::ticket_key key;
  key.name.fill(byte);
  key.cipher.fill(static_cast<unsigned char>(byte + 1));
  key.signing.fill(static_cast<unsigned char>(byte + 2));
  return key;
}

handover example() {
  handover what;
  what.program = "/opt/ops lb/opslb";
  what.under_init = true;
  what.tickets = {{key_of(7), 3600'000ms}, {key_of(0xA0), 0ms}};
  what.listeners = {
      {"https", "[::]:8443", 4}, {"127.0.0.1:0", "127.0.0.1:0", 1}, {"@admin", "unix:/run/ops lb/a.sock", 1, true}};
  what.drains = {{"ops1.example.com:8080", "http://ops1.example.com:8080",
                  std::chrono::sys_days{std::chrono::year{2026} / 2 / 3} + 4567ms}};
  return what;
}

const std::string key_digits(160, '5');
const std::string good = "opslb-handover 1\nprogram /usr/bin/opslb\n";

}  // namespace

TEST_CASE("what is handed over is read as it was written", "[takeover]") {
  const handover what = example();
  const auto read = parse_handover(to_text(what));
  REQUIRE(read.value);
  CHECK(read.value->program == what.program);
  CHECK(read.value->under_init);
  CHECK(read.value->listeners == what.listeners);
  CHECK(read.value->drains == what.drains);
  CHECK(read.value->sockets() == 6);
  REQUIRE(read.value->tickets.size() == 2);
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(read.value->tickets[i].age == what.tickets[i].age);
    CHECK(read.value->tickets[i].key.name == what.tickets[i].key.name);
    CHECK(read.value->tickets[i].key.cipher == what.tickets[i].key.cipher);
    CHECK(read.value->tickets[i].key.signing == what.tickets[i].key.signing);
  }
}

TEST_CASE("the least that can be handed over is a program", "[takeover]") {
  const auto read = parse_handover(good);
  REQUIRE(read.value);
  CHECK_FALSE(read.value->under_init);
  CHECK(read.value->sockets() == 0);
}

TEST_CASE("there is room for all drains that there can be, of backends that are there and of those that are away",
          "[takeover]") {
  handover what;
  what.program = "/usr/bin/opslb";
  for (int i = 0; i < 128; ++i) {
    const std::string host = "ops-" + std::to_string(i) + ".ops-svc.mongodb.svc.cluster.local";
    what.drains.push_back({"ops@" + host + ":8080", "http://" + host + ":8080", {}});
  }
  const std::string text = to_text(what);
  CHECK(text.size() < most_text);
  const auto read = parse_handover(text);
  REQUIRE(read.value);
  CHECK(read.value->drains.size() == 128);
}

TEST_CASE("what is not understood word for word is refused", "[takeover]") {
  const auto ticket = [](const std::string& age) { return "ticket " + age + " " + key_digits + "\n"; };
  std::string many;
  for (std::size_t i = 0; i <= tls::ticket_keys::most_keys; ++i) many += ticket("5");
  std::string drains;
  for (int i = 0; i < 129; ++i) drains += "drain 5 ops1 http://ops1\n";
  const std::pair<const char*, std::string> table[] = {
      {"nothing", ""},
      {"another version", "opslb-handover 2\nprogram /usr/bin/opslb\n"},
      {"another text", "GET / HTTP/1.1\r\n"},
      {"no program", "opslb-handover 1\n"},
      {"a program that is no path", "opslb-handover 1\nprogram opslb\n"},
      {"two programs", good + "program /usr/bin/opslb\n"},
      {"a program with a control character", "opslb-handover 1\nprogram /usr/bin/ops\tlb\n"},
      {"cut off", "opslb-handover 1\nprogram /usr/bin/opslb"},
      {"an empty line", good + "\n"},
      {"an unknown line", good + "color blue\n"},
      {"init twice", good + "init\ninit\n"},
      {"init with a value", good + "init 1\n"},
      {"a key without an age", good + "ticket " + key_digits + "\n"},
      {"a negative age", good + ticket("-1")},
      {"an age beyond any key's", good + ticket("46800001")},
      {"a short key", good + "ticket 5 " + key_digits.substr(1) + "\n"},
      {"a long key", good + "ticket 5 " + key_digits + "5\n"},
      {"a key that is none", good + "ticket 5 " + key_digits.substr(1) + "g\n"},
      {"a key with a sign", good + "ticket 5 " + key_digits.substr(2) + "+5\n"},
      {"keys out of order", good + ticket("5") + ticket("6")},
      {"too many keys", good + many},
      {"a listener without sockets", good + "listener 0 http 127.0.0.1:80\n"},
      {"a listener with a number that is none", good + "listener x http 127.0.0.1:80\n"},
      {"a listener with a number and more", good + "listener 1x http 127.0.0.1:80\n"},
      {"a listener without a name", good + "listener 1  127.0.0.1:80\n"},
      {"a listener without an address", good + "listener 1 http\n"},
      {"a listener with too many sockets", good + "listener 8193 http 127.0.0.1:80\n"},
      {"listeners with too many sockets", good + "listener 8192 a 127.0.0.1:80\nlistener 1 b 127.0.0.1:81\n"},
      {"a drain without a URL", good + "drain 5 ops1\n"},
      {"a drain without a time", good + "drain ops1 http://ops1\n"},
      {"a drain before 1970", good + "drain -1 ops1 http://ops1\n"},
      {"a drain in the year 10000", good + "drain 253402300800000 ops1 http://ops1\n"},
      {"more drains than there can be", good + drains},
      {"too much", good + std::string(most_text, 'x') + "\n"},
  };
  for (const auto& [what, text] : table) {
    INFO(what);
    const auto read = parse_handover(text);
    CHECK_FALSE(read.value);
    CHECK(read.wrong.starts_with("what the process before hands over is not understood: "));
    CHECK(read.wrong.find(key_digits) == std::string::npos);  // keys are in no message
  }
}

TEST_CASE("messages are a word and what belongs to it", "[takeover]") {
  for (const word each : {word::starts, word::ready, word::failed, word::lead, word::end, word::cut, word::reopen,
                          word::busy, word::drain, word::back}) {
    for (const char* rest : {"", "x", "a sentence: with more"}) {
      const auto read = parse_message(to_text(each, rest));
      REQUIRE(read.value);
      CHECK(read.value->what == each);
      CHECK(read.value->rest == rest);
    }
  }
  for (const char* text : {"", " ", "Ready", "readyx", "ende", "end\n", "\nend"}) {
    INFO(text);
    CHECK_FALSE(parse_message(text).value);
  }
  CHECK(to_text(word::failed, std::string(most_text, 'x')).size() < most_text);
}

TEST_CASE("who is ready says its process and version", "[takeover]") {
  const auto read = parse_readiness("4711 0.2.0");
  REQUIRE(read.value);
  CHECK(read.value->pid == 4711);
  CHECK(read.value->version == "0.2.0");
  const std::string too_long = "1 " + std::string(65, 'v');
  for (const std::string& text :
       {std::string(), std::string("4711"), std::string("4711 "), std::string("0 1"), std::string("-1 1"),
        std::string("x 1"), std::string("2147483648 1"), std::string("1 a\x1B[2J"), too_long}) {
    INFO(text);
    CHECK_FALSE(parse_readiness(text).value);
  }
}

TEST_CASE("what is still in flight is a number, the drain that it is after, and a backend", "[takeover]") {
  const auto read = parse_remaining("3 2 ops1");
  REQUIRE(read.value);
  CHECK(read.value->count == 3);
  CHECK(read.value->drain == 2);
  CHECK(read.value->backend == "ops1");
  for (const char* text : {"", "3", "3 ", "3 ops1", "3 2 ", "-1 0 ops1", "0 -1 ops1", "ops1 3", "4294967295 0 ops1"}) {
    INFO(text);
    CHECK_FALSE(parse_remaining(text).value);
  }
}

TEST_CASE("a drain is a number and a backend", "[takeover]") {
  const auto read = parse_drain_order("2 ops1");
  REQUIRE(read.value);
  CHECK(read.value->drain == 2);
  CHECK(read.value->backend == "ops1");
  for (const char* text : {"", "2", "2 ", "-1 ops1", "ops1", "4294967296 ops1"}) {
    INFO(text);
    CHECK_FALSE(parse_drain_order(text).value);
  }
}

TEST_CASE("a start may take its time, but not for ever", "[takeover]") {
  CHECK(parse_start_time("13000").value == 13s);
  CHECK(parse_start_time("600000").value == longest_start);
  for (const char* text : {"", "-1", "600001", "1s", "99999999999999999999"}) {
    INFO(text);
    CHECK_FALSE(parse_start_time(text).value);
  }
}
