#include "headers/address.hpp"

#include <catch2/catch_all.hpp>

namespace opslb::headers {
namespace {

TEST_CASE("an address is read in the forms of inet_pton and written in RFC 5952 form", "[address]") {
  const auto [text, written] = GENERATE(table<std::string, std::string>({
      {"0.0.0.0", "0.0.0.0"},
      {"192.0.2.1", "192.0.2.1"},
      {"255.255.255.255", "255.255.255.255"},
      {"::", "::"},
      {"::1", "::1"},
      {"2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
      {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
      {"::ffff:192.0.2.1", "192.0.2.1"},
      {"::ffff:c000:201", "192.0.2.1"},
      {"64:ff9b::192.0.2.33", "64:ff9b::c000:221"},
  }));
  const auto address = ip_address::parse(text);
  REQUIRE(address);
  CHECK(address->to_string() == written);
}

TEST_CASE("anything else is no address", "[address]") {
  const auto* const text =
      GENERATE("", " ", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.4 ", " 1.2.3.4", "1.2.3.4:80", "[::1]",
               "::1%lo", ":::", "1::2::3", "12345::", "localhost", "0x7f.1", "2130706433", "::ffff:1.2.3.256",
               "aaaa:aaaa:aaaa:aaaa:aaaa:aaaa:aaaa:aaaa:aaaa:aaaa");
  CHECK_FALSE(ip_address::parse(text));
}

TEST_CASE("a NUL does not end an address early", "[address]") {
  CHECK_FALSE(ip_address::parse(std::string_view("1.2.3.4\0", 8)));
  CHECK_FALSE(ip_address::parse(std::string_view("::1\0x", 5)));
}

TEST_CASE("an IPv4-mapped address is the IPv4 address", "[address]") {
  const auto mapped = ip_address::v6({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 10, 0, 0, 1});
  CHECK(mapped.is_v4());
  CHECK(mapped == ip_address::v4({10, 0, 0, 1}));
  CHECK(mapped.bytes().size() == 4);
}

TEST_CASE("an endpoint is written with brackets where the address has colons", "[address]") {
  CHECK(endpoint{*ip_address::parse("192.0.2.1"), 80}.to_string() == "192.0.2.1:80");
  CHECK(endpoint{*ip_address::parse("2001:db8::1"), 8443}.to_string() == "[2001:db8::1]:8443");
}

TEST_CASE("a network contains the addresses that share its leading bits", "[address]") {
  const auto [block, address, inside] = GENERATE(table<std::string, std::string, bool>({
      {"10.0.0.0/8", "10.255.0.1", true},
      {"10.0.0.0/8", "11.0.0.1", false},
      {"192.0.2.128/25", "192.0.2.128", true},
      {"192.0.2.128/25", "192.0.2.127", false},
      {"192.0.2.1", "192.0.2.1", true},
      {"192.0.2.1", "192.0.2.2", false},
      {"192.0.2.0/31", "192.0.2.1", true},
      {"192.0.2.0/31", "192.0.2.2", false},
      {"0.0.0.0/0", "203.0.113.9", true},
      {"0.0.0.0/0", "::1", false},
      {"::/0", "2001:db8::1", true},
      {"::/0", "192.0.2.1", false},
      {"2001:db8::/33", "2001:db8:7fff::1", true},
      {"2001:db8::/33", "2001:db8:8000::1", false},
      {"::1", "::1", true},
      {"::ffff:10.0.0.0/104", "10.1.2.3", true},
      {"::ffff:10.0.0.0/104", "11.1.2.3", false},
      {"10.0.0.0/8", "::ffff:10.1.2.3", true},
  }));
  CAPTURE(block, address);
  const auto parsed = network::parse(block);
  REQUIRE(parsed);
  CHECK(parsed->contains(*ip_address::parse(address)) == inside);
}

TEST_CASE("a network is refused where it is unclear", "[address]") {
  const auto* const text = GENERATE("", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.1/8", "10.0.0.0/08", "10.0.0.0/+8",
                                    "10.0.0.0/-1", "10.0.0.0/8 ", "10.0.0.0/8/8", "10.0.0.0/255.0.0.0", "10/8",
                                    "::/129", "2001:db8::1/64", "::ffff:10.0.0.0/95", "*", "all");
  CHECK_FALSE(network::parse(text));
}

TEST_CASE("a list of networks contains what any of them does", "[address]") {
  const std::vector<network> blocks{*network::parse("10.0.0.0/8"), *network::parse("2001:db8::/32")};
  CHECK(contains(blocks, *ip_address::parse("10.1.1.1")));
  CHECK(contains(blocks, *ip_address::parse("2001:db8::5")));
  CHECK_FALSE(contains(blocks, *ip_address::parse("192.0.2.1")));
  CHECK_FALSE(contains({}, *ip_address::parse("10.1.1.1")));
  CHECK(blocks[0].to_string() == "10.0.0.0/8");
}

}  // namespace
}  // namespace opslb::headers
