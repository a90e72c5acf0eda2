#include "health/services.hpp"

#include <catch2/catch_all.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace opslb::health {
namespace {

using bytes = std::vector<std::uint8_t>;

void put16(bytes& to, unsigned number) {
  to.push_back(static_cast<std::uint8_t>(number >> 8));
  to.push_back(static_cast<std::uint8_t>(number & 0xFF));
}

void put_name(bytes& to, std::string_view name) {
  while (!name.empty()) {
    const auto dot = name.find('.');
    const auto label = name.substr(0, dot);
    to.push_back(static_cast<std::uint8_t>(label.size()));
    to.insert(to.end(), label.begin(), label.end());
    name = dot == std::string_view::npos ? std::string_view() : name.substr(dot + 1);
  }
  to.push_back(0);
}

/// An answer to one question, with so many records to come.
bytes answer_with(unsigned records) {
  bytes message;
  for (const unsigned word : {0x1234U, 0x8180U, 1U, records, 0U, 0U}) put16(message, word);
  put_name(message, "_http._tcp.ops.example");
  for (const unsigned word : {33U, 1U}) put16(message, word);
  return message;
}

void put_record(bytes& to, unsigned kind, const bytes& value) {
  put16(to, 0xC00C);  // the question's name
  for (const unsigned word : {kind, 1U, 0U, 30U}) put16(to, word);
  put16(to, static_cast<unsigned>(value.size()));
  to.insert(to.end(), value.begin(), value.end());
}

bytes service_at(std::string_view host, unsigned port, unsigned priority = 0, unsigned weight = 0) {
  bytes value;
  for (const unsigned word : {priority, weight, port}) put16(value, word);
  put_name(value, host);
  return value;
}

}  // namespace

TEST_CASE("SRV records are read with what they say") {
  bytes message = answer_with(2);
  put_record(message, 33, service_at("om-0.ops.example", 8080, 10, 60));
  put_record(message, 33, service_at("om-1.ops.example", 8443, 20, 40));
  const auto found = read_services(message);
  REQUIRE(found);
  CHECK(*found == std::vector<service>{{"om-0.ops.example", 8080, 10, 60}, {"om-1.ops.example", 8443, 20, 40}});
}

TEST_CASE("records of another type beside them are passed over") {
  bytes message = answer_with(2);
  put_record(message, 5, {1, 'a', 0});
  put_record(message, 33, service_at("om-0", 8080));
  CHECK(read_services(message)->size() == 1);
}

TEST_CASE("what cannot be a host is left out") {
  const auto [host, port] = GENERATE(table<std::string, unsigned>({{"", 8080},
                                                                   {"om-0", 0},
                                                                   {"a b", 8080},
                                                                   {"a\n", 8080},
                                                                   {"a/b", 8080},
                                                                   {"a:1", 8080},
                                                                   {"a@b", 8080},
                                                                   {"\xC3\xA4", 80}}));
  bytes message = answer_with(1);
  put_record(message, 33, service_at(host, port));
  CAPTURE(host);
  CHECK(read_services(message)->empty());
}

TEST_CASE("a message that is cut anywhere makes no sense, and one with fewer records than it says neither") {
  bytes message = answer_with(1);
  put_record(message, 33, service_at("om-0.ops.example", 8080));
  for (std::size_t size = 0; size < message.size(); ++size) {
    CAPTURE(size);
    CHECK_FALSE(read_services({message.data(), size}));
  }
}

TEST_CASE("a target whose name is longer than its record is left out") {
  bytes message = answer_with(1);
  bytes value = service_at("om", 8080);
  value.resize(7);  // the first label's length, and the rest of the name behind the record
  put_record(message, 33, value);
  message.insert(message.end(), {'a', 'b', 0});
  const auto found = read_services(message);
  CHECK((!found || found->empty()));
}

TEST_CASE("a name that points at itself ends") {
  bytes message = answer_with(1);
  bytes value;
  for (const unsigned word : {0U, 0U, 8080U}) put16(value, word);
  put16(value, 0xC000 | static_cast<unsigned>(message.size() + 12 + 6));
  put_record(message, 33, value);
  const auto found = read_services(message);
  CHECK((!found || found->empty()));
}

TEST_CASE("the lowest priority is preferred, whatever comes first") {
  const service first{"a", 1, 20, 0}, second{"b", 1, 10, 5}, third{"c", 1, 10, 0};
  CHECK(preferred({first, second, third}) == std::vector{second, third});
  CHECK(preferred({}).empty());
}

}  // namespace opslb::health
