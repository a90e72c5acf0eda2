#include "proxy/proxy_protocol.hpp"

#include <catch2/catch_all.hpp>

#include <cstdint>
#include <string>

#include "proxy/crc32c.hpp"

using namespace opslb;
using namespace opslb::proxy_protocol;
using namespace std::string_literals;
using headers::endpoint;
using headers::ip_address;

namespace {

const std::string signature = "\r\n\r\n\0\r\nQUIT\n"s;

std::string number(std::size_t n) { return {static_cast<char>(n >> 8U), static_cast<char>(n & 0xFFU)}; }

std::string v2(int command, int family, const std::string& block) {
  return signature + static_cast<char>(command) + static_cast<char>(family) + number(block.size()) + block;
}

std::string tlv(int type, const std::string& value) { return static_cast<char>(type) + number(value.size()) + value; }

/// A header whose checksum TLV stands between `before` and `after` and is right.
std::string with_checksum(int command, int family, const std::string& before, const std::string& after) {
  auto header = v2(command, family, before + tlv(3, std::string(4, '\0')) + after);
  crc32c sum;
  sum.add(header);
  const auto at = 16 + before.size() + 3;
  for (std::size_t i = 0; i < 4; ++i) header[at + i] = static_cast<char>(sum.value() >> (24 - 8 * i) & 0xFFU);
  return header;
}

const std::string v4_block = "\xC0\x00\x02\x01\xC6\x33\x64\x02\xDB\x04\x01\xBB"s;  // 192.0.2.1:56068 198.51.100.2:443
const std::string v6_block =
    "\x20\x01\x0D\xB8\0\0\0\0\0\0\0\0\0\0\0\x01"
    "\x20\x01\x0D\xB8\0\0\0\0\0\0\0\0\0\0\0\x02"
    "\xDB\x04\x01\xBB"s;
const std::string mapped_block =
    "\0\0\0\0\0\0\0\0\0\0\xFF\xFF\xC0\x00\x02\x01"
    "\0\0\0\0\0\0\0\0\0\0\xFF\xFF\xC6\x33\x64\x02"
    "\xDB\x04\x01\xBB"s;
const std::string unix_block = std::string(216, '\x2F');

std::string shown(const std::optional<ends>& connection) {
  return connection ? connection->source.to_string() + " to " + connection->destination.to_string() : "nobody";
}

endpoint at(std::string_view address, std::uint16_t port) { return {ip_address::parse(address).value(), port}; }

const std::string v4_ends = "192.0.2.1:56068 to 198.51.100.2:443";
const std::string v6_ends = "[2001:db8::1]:56068 to [2001:db8::2]:443";

struct accepted_header {
  std::string bytes;
  std::string announces;
};

const std::vector<accepted_header>& accepted_headers() {
  static const std::vector<accepted_header> all = {
      // 2.1
      {"PROXY TCP4 192.0.2.1 198.51.100.2 56068 443\r\n", v4_ends},
      {"PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", "255.255.255.255:65535 to 255.255.255.255:65535"},
      {"PROXY TCP4 0.0.0.0 0.0.0.0 0 0\r\n", "0.0.0.0:0 to 0.0.0.0:0"},
      {"PROXY TCP6 2001:db8::1 2001:DB8::2 56068 443\r\n", v6_ends},
      {"PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n",
       "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535 to [ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535"},
      {"PROXY TCP6 ::ffff:192.0.2.1 ::ffff:c633:6402 56068 443\r\n", v4_ends},
      {"PROXY UNKNOWN\r\n", "nobody"},
      {"PROXY UNKNOWN \r\n", "nobody"},
      {"PROXY UNKNOWN whatever  is here\r\n", "nobody"},
      {"PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n",
       "nobody"},
      // 2.2
      {v2(0x21, 0x11, v4_block), v4_ends},
      {v2(0x21, 0x21, v6_block), v6_ends},
      {v2(0x21, 0x21, mapped_block), v4_ends},
      {v2(0x21, 0x12, v4_block), "nobody"},
      {v2(0x21, 0x22, v6_block), "nobody"},
      {v2(0x21, 0x31, unix_block), "nobody"},
      {v2(0x21, 0x32, unix_block), "nobody"},
      {v2(0x21, 0x00, ""), "nobody"},
      {v2(0x21, 0x00, "addresses of some kind"), "nobody"},
      {v2(0x21, 0x01, ""), "nobody"},
      {v2(0x21, 0x10, v4_block), "nobody"},
      {v2(0x20, 0x00, ""), "nobody"},
      {v2(0x20, 0x11, v4_block), "nobody"},
      {v2(0x20, 0x11, ""), "nobody"},
      {v2(0x20, 0xFF, "the family is ignored"), "nobody"},
      // 2.2: TLVs
      {v2(0x21, 0x11, v4_block + tlv(1, "h2") + tlv(4, "") + tlv(0xE1, std::string(300, 'x'))), v4_ends},
      {v2(0x21, 0x11, v4_block + tlv(0x20, "not looked into")), v4_ends},
      {v2(0x21, 0x31, unix_block + tlv(1, "h2")), "nobody"},
      {v2(0x21, 0x11, v4_block + tlv(4, std::string(65'535 - 12 - 3, '\0'))), v4_ends},
      {v2(0x20, 0x00, std::string(65'535, '\0')), "nobody"},
      {with_checksum(0x21, 0x11, v4_block, ""), v4_ends},
      {with_checksum(0x21, 0x21, v6_block + tlv(1, "h2"), tlv(4, "abc")), v6_ends},
      {with_checksum(0x21, 0x31, unix_block, ""), "nobody"},
      {with_checksum(0x21, 0x00, "", ""), "nobody"},
      {with_checksum(0x20, 0x00, "", ""), "nobody"},
  };
  return all;
}

std::string spoiled(std::string bytes, std::size_t where) {
  bytes[where] = static_cast<char>(bytes[where] ^ 1);
  return bytes;
}

}  // namespace

TEST_CASE("CRC-32C is that of RFC 4960") {
  struct row {
    std::string bytes;
    std::uint32_t sum;
  };
  // The examples of RFC 3720 B.4, and the usual check value.
  const auto [bytes, sum] = GENERATE(values<row>({{"", 0},
                                                  {"123456789", 0xE3069283},
                                                  {std::string(32, '\0'), 0x8A9136AA},
                                                  {std::string(32, '\xFF'), 0x62A8AB43}}));
  crc32c computed;
  computed.add(bytes.substr(0, bytes.size() / 2));
  computed.add(bytes.substr(bytes.size() / 2));
  CHECK(computed.value() == sum);
}

TEST_CASE("a header is taken for what it announces, and nothing behind it is touched") {
  for (const auto& [bytes, announces] : accepted_headers()) {
    CAPTURE(bytes);
    for (const std::string behind : {"", "G", "GET / HTTP/1.1\r\n", "\r\n"}) {
      const auto got = parse(bytes + behind);
      REQUIRE(got.what == state::complete);
      CHECK(got.size == bytes.size());
      CHECK(shown(got.connection) == announces);
    }
  }
}

TEST_CASE("a header that comes in pieces is waited for, wherever it is split") {
  for (const auto& [bytes, announces] : accepted_headers()) {
    CAPTURE(bytes);
    for (std::size_t n = 0; n < bytes.size(); ++n) {
      CAPTURE(n);
      REQUIRE(parse(std::string_view(bytes).substr(0, n)).what == state::incomplete);
    }
  }
}

TEST_CASE("what is no header, or not exactly one, is refused with the reason it is counted under") {
  struct row {
    std::string bytes;
    std::string_view reason;
  };
  const auto [bytes, reason] = GENERATE_COPY(values<row>({
      {"GET / HTTP/1.1\r\n\r\n", "no PROXY header"},
      {"\x16\x03\x01", "no PROXY header"},
      {"POST / HTTP/1.1\r\n", "no PROXY header"},
      {"proxy TCP4 192.0.2.1 198.51.100.2 1 2\r\n", "no PROXY header"},
      {"PROXY\tTCP4 192.0.2.1 198.51.100.2 1 2\r\n", "no PROXY header"},
      {" PROXY TCP4 192.0.2.1 198.51.100.2 1 2\r\n", "no PROXY header"},
      {"\r\n\r\nGET", "no PROXY header"},
      // 2.1
      {"PROXY \r\n", "v1 family"},
      {"PROXY TCP5", "v1 family"},
      {"PROXY UDP4 192.0.2.1 198.51.100.2 1 2\r\n", "v1 family"},
      {"PROXY  TCP4 192.0.2.1 198.51.100.2 1 2\r\n", "v1 family"},
      {"PROXY tcp4 192.0.2.1 198.51.100.2 1 2\r\n", "v1 family"},
      {"PROXY UNKNOWNS\r\n", "v1 family"},
      {"PROXY TCP4\r\n", "v1 address"},
      {"PROXY TCP4 192.0.2.1\r\n", "v1 address"},
      {"PROXY TCP4  192.0.2.1 198.51.100.2 1 2\r\n", "v1 address"},
      {"PROXY TCP4 192.0.2.1  198.51.100.2 1 2\r\n", "v1 address"},
      {"PROXY TCP4 192.0.2.01 198.51.100.2 1 2\r\n", "v1 address"},
      {"PROXY TCP4 192.0.2.256 198.51.100.2 1 2\r\n", "v1 address"},
      {"PROXY TCP4 192.0.2 198.51.100.2 1 2\r\n", "v1 address"},
      {"PROXY TCP4 2001:db8::1 2001:db8::2 1 2\r\n", "v1 address"},
      {"PROXY TCP6 192.0.2.1 198.51.100.2 1 2\r\n", "v1 address"},
      {"PROXY TCP6 [2001:db8::1] 2001:db8::2 1 2\r\n", "v1 address"},
      {"PROXY TCP6 fe80::1%eth0 2001:db8::2 1 2\r\n", "v1 address"},
      {"PROXY TCP6 1::2::3 2001:db8::2 1 2\r\n", "v1 address"},
      {"PROXY TCP4 192.0.2.1 198.51.100.2\r\n", "v1 port"},
      {"PROXY TCP4 192.0.2.1 198.51.100.2 1\r\n", "v1 port"},
      {"PROXY TCP4 192.0.2.1 198.51.100.2 1 \r\n", "v1 port"},
      {"PROXY TCP4 192.0.2.1 198.51.100.2 1 2 \r\n", "v1 port"},
      {"PROXY TCP4 192.0.2.1 198.51.100.2 1 2 3\r\n", "v1 port"},
      {"PROXY TCP4 192.0.2.1 198.51.100.2  1 2\r\n", "v1 port"},
      {"PROXY TCP4 192.0.2.1 198.51.100.2 01 2\r\n", "v1 port"},
      {"PROXY TCP4 192.0.2.1 198.51.100.2 00 2\r\n", "v1 port"},
      {"PROXY TCP4 192.0.2.1 198.51.100.2 +1 2\r\n", "v1 port"},
      {"PROXY TCP4 192.0.2.1 198.51.100.2 -1 2\r\n", "v1 port"},
      {"PROXY TCP4 192.0.2.1 198.51.100.2 65536 2\r\n", "v1 port"},
      {"PROXY TCP4 192.0.2.1 198.51.100.2 1 2x\r\n", "v1 port"},
      {"PROXY TCP4 192.0.2.1 198.51.100.2 1 2\n", "v1 line end"},
      {"PROXY TCP4 192.0.2.1 198.51.100.2 1 2\rG", "v1 line end"},
      {"PROXY UNKNOWN some\nthing\r\n", "v1 line end"},
      {"PROXY UNKNOWN " + std::string(107 - 14, 'x'), "v1 line too long"},
      {"PROXY UNKNOWN " + std::string(107 - 15, 'x') + "\r", "v1 line too long"},
      {"PROXY UNKNOWN " + std::string(107 - 15, 'x') + "\r\n", "v1 line too long"},
      // 2.2
      {signature + "\x11", "v2 version"},
      {signature + "\x31\x11", "v2 version"},
      {signature + "\x22", "v2 command"},
      {signature + "\x2F\x11", "v2 command"},
      {signature + "\x21\x41", "v2 family"},
      {signature + "\x21\x13", "v2 family"},
      {signature + "\x21\xF1", "v2 family"},
      {v2(0x21, 0x11, v4_block.substr(1)), "v2 length"},
      {v2(0x21, 0x12, v4_block.substr(1)), "v2 length"},
      {v2(0x21, 0x21, v6_block.substr(1)), "v2 length"},
      {v2(0x21, 0x31, unix_block.substr(1)), "v2 length"},
      {v2(0x21, 0x11, v4_block + tlv(4, std::string(65'535 - 12 - 3 - 1, '\0')) + "\x04"), "v2 TLV"},
      {v2(0x21, 0x11, v4_block + "\x04"), "v2 TLV"},
      {v2(0x21, 0x11, v4_block + "\x04\x00"s), "v2 TLV"},
      {v2(0x21, 0x11, v4_block + "\x04\x00\x01"s), "v2 TLV"},
      {v2(0x21, 0x11, v4_block + tlv(1, "h2") + "\x04\xFF\xFFx"), "v2 TLV"},
      {v2(0x21, 0x11, v4_block + tlv(3, "123")), "v2 TLV"},
      {v2(0x21, 0x11, v4_block + tlv(3, "12345")), "v2 TLV"},
      {v2(0x21, 0x11, v4_block + tlv(3, std::string(4, '\0'))), "v2 checksum"},
      {spoiled(with_checksum(0x21, 0x11, v4_block, ""), 16), "v2 checksum"},
      {spoiled(with_checksum(0x21, 0x21, v6_block, tlv(4, "abc")), 16 + 36 + 7 + 4), "v2 checksum"},
      {v2(0x20, 0x00, tlv(3, "1234")), "v2 checksum"},
      {v2(0x21, 0x00, tlv(3, "1234")), "v2 checksum"},
  }));
  CAPTURE(bytes);
  const auto got = parse(bytes);
  CHECK(got.what == state::refused);
  CHECK(got.reason == reason);
  CHECK(parse(bytes + "and more").what == state::refused);
}

TEST_CASE("a flipped bit in the addresses is noticed where there is a checksum") {
  const auto good = with_checksum(0x21, 0x11, v4_block, tlv(4, "abc"));
  for (std::size_t i = 16; i < 16 + v4_block.size(); ++i) {
    CAPTURE(i);
    CHECK(parse(spoiled(good, i)).reason == "v2 checksum");
  }
}

TEST_CASE("the smallest prefix that cannot become a header is refused") {
  CHECK(parse("PROXX").what == state::refused);
  CHECK(parse("PROXY X").what == state::refused);
  CHECK(parse("\r\nX").what == state::refused);
  CHECK(parse(signature + "\x21\x99").what == state::refused);
}

TEST_CASE("what is written announces the connection, to us and byte for byte to others") {
  const ends v4{at("192.0.2.1", 56068), at("198.51.100.2", 443)};
  const ends v6{at("2001:db8::1", 56068), at("2001:db8::2", 443)};
  const ends mixed{at("192.0.2.1", 56068), at("2001:db8::2", 443)};
  using enum proxy_protocol_version;
  CHECK(write(v1, v4) == "PROXY TCP4 192.0.2.1 198.51.100.2 56068 443\r\n");
  CHECK(write(v1, v6) == "PROXY TCP6 2001:db8::1 2001:db8::2 56068 443\r\n");
  CHECK(write(v1, mixed) == "PROXY UNKNOWN\r\n");
  CHECK(write(v1, std::nullopt) == "PROXY UNKNOWN\r\n");
  CHECK(proxy_protocol::write(proxy_protocol_version::v2, v4) == ::v2(0x21, 0x11, v4_block));
  CHECK(proxy_protocol::write(proxy_protocol_version::v2, v6) == ::v2(0x21, 0x21, v6_block));
  CHECK(proxy_protocol::write(proxy_protocol_version::v2, std::nullopt) == ::v2(0x20, 0x00, ""));
  CHECK(shown(parse(proxy_protocol::write(proxy_protocol_version::v2, mixed)).connection) ==
        "192.0.2.1:56068 to [2001:db8::2]:443");
  CHECK(write(off, v4).empty());
}

TEST_CASE("what is written reads back as the same connection") {
  const auto version = GENERATE(proxy_protocol_version::v1, proxy_protocol_version::v2);
  const auto source = GENERATE("0.0.0.0", "127.0.0.1", "255.255.255.255");
  const auto port =
      GENERATE(std::uint16_t{0}, std::uint16_t{1}, std::uint16_t{255}, std::uint16_t{256}, std::uint16_t{65535});
  const ends sent{at(source, port), at("10.1.2.3", 8080)};
  const auto bytes = write(version, sent);
  const auto got = parse(bytes);
  REQUIRE(got.what == state::complete);
  CHECK(got.size == bytes.size());
  CHECK(shown(got.connection) == shown(sent));
}
