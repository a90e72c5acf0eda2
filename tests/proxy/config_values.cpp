#include "proxy/config_values.hpp"

#include <catch2/catch_all.hpp>
#include <string>

using namespace opslb;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("a bind address is an IP address and a port") {
  const auto [text, written] = GENERATE(table<std::string, std::string>({
      {"0.0.0.0:8443", "0.0.0.0:8443"},
      {"127.0.0.1:0", "127.0.0.1:0"},
      {"[::]:8443", "[::]:8443"},
      {"[2001:db8::1]:80", "[2001:db8::1]:80"},
      {"[::ffff:192.0.2.1]:80", "192.0.2.1:80"},
      {"192.0.2.1:65535", "192.0.2.1:65535"},
  }));
  const auto read = to_bind(text);
  REQUIRE(read.value);
  CHECK(read.value->to_string() == written);
}

TEST_CASE("another way to write a bind address is told ours") {
  const auto [text, meant] = GENERATE(table<std::string, std::string>({
      {":8443", "0.0.0.0:8443"},
      {"*:8443", "0.0.0.0:8443"},
      {"8443", "0.0.0.0:8443"},
      {"localhost:8443", "127.0.0.1:8443"},
      {":::8443", "[::]:8443"},
      {"2001:db8::1:80", "[2001:db8::1]:80"},
  }));
  const auto read = to_bind(text);
  CHECK_FALSE(read.value);
  CHECK_THAT(read.wrong, ContainsSubstring("did you mean \"" + meant + "\"?"));
}

TEST_CASE("what is no bind address is refused") {
  const auto text = GENERATE(as<std::string>(), "", "0.0.0.0", "0.0.0.0:", "0.0.0.0:65536", "0.0.0.0:000008080",
                             "0.0.0.0:-1", "0.0.0.0:http", "[::]", "[::", "[::]8443", "[0.0.0.0]:80", "[]:80",
                             "[::1%lo]:80", "opsmanager.example.com:80", "300.0.0.1:80", "127.1:80",
                             "unix:/run/opslb.sock", " 0.0.0.0:80", "0.0.0.0:80 ", "0.0.0.0:+80");
  CAPTURE(text);
  const auto read = to_bind(text);
  CHECK_FALSE(read.value);
  CHECK_THAT(read.wrong, ContainsSubstring("must be an IP address and a port") || ContainsSubstring("is not a port"));
}

TEST_CASE("a network is an address or a block") {
  const auto text = GENERATE(as<std::string>(), "10.0.0.0/8", "192.0.2.7/32", "192.0.2.7", "0.0.0.0/0", "2001:db8::/32",
                             "::1", "::/0");
  CHECK(to_network(text).value);
}

TEST_CASE("a block with host bits set is told the network that was meant") {
  const auto [text, meant] = GENERATE(table<std::string, std::string>({
      {"10.0.0.1/8", "10.0.0.0/8"},
      {"192.168.17.5/20", "192.168.16.0/20"},
      {"192.0.2.7/31", "192.0.2.6/31"},
      {"1.2.3.4/0", "0.0.0.0/0"},
      {"2001:db8::1/32", "2001:db8::/32"},
      {"2001:db8:ffff::/33", "2001:db8:8000::/33"},
  }));
  const auto read = to_network(text);
  CHECK_FALSE(read.value);
  CHECK_THAT(read.wrong, ContainsSubstring("did you mean \"" + meant + "\"?"));
  CHECK(to_network(meant).value);
}

TEST_CASE("what is no network is refused") {
  const auto text =
      GENERATE(as<std::string>(), "", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/x", "10.0.0.0/8/8", "10.0.0/8",
               "2001:db8::/129", "[::1]", "10.0.0.0:80", "ops1.example.com", "10.0.0.0-10.0.0.9", "*");
  CAPTURE(text);
  const auto read = to_network(text);
  CHECK_FALSE(read.value);
  CHECK_FALSE(read.wrong.empty());
}

TEST_CASE("a backend's URL gives its host, port and Host line") {
  struct row {
    std::string text, host;
    int port;
    std::string authority;
  };
  const auto [text, host, port, authority] = GENERATE(values<row>({
      {"http://ops1.example.com:8080", "ops1.example.com", 8080, "ops1.example.com:8080"},
      {"http://ops1", "ops1", 80, "ops1"},
      {"http://ops1:80/", "ops1", 80, "ops1:80"},
      {"HTTP://Ops1:8080", "Ops1", 8080, "Ops1:8080"},
      {"http://192.0.2.1:8080", "192.0.2.1", 8080, "192.0.2.1:8080"},
      {"http://[2001:db8::1]:8080", "2001:db8::1", 8080, "[2001:db8::1]:8080"},
      {"http://[::1]", "::1", 80, "[::1]"},
      {"http://ops_manager_1:8080", "ops_manager_1", 8080, "ops_manager_1:8080"},
      {"https://ops1", "ops1", 443, "ops1"},
      {"HTTPS://ops1:8443", "ops1", 8443, "ops1:8443"},
      {"http://ops1.example.com.:8080", "ops1.example.com.", 8080, "ops1.example.com.:8080"},
  }));
  CAPTURE(text);
  const auto read = to_backend_url(text);
  REQUIRE(read.value);
  CHECK(read.value->host == host);
  CHECK(read.value->port == port);
  CHECK(read.value->authority == authority);
}

TEST_CASE("what is wrong with a backend's URL is said") {
  const auto [text, wrong] = GENERATE(table<std::string, std::string>({
      {"", "must be a URL"},
      {"ops1:8080", R"(did you mean "http://ops1:8080"?)"},
      {"ops1.example.com", R"(did you mean "http://ops1.example.com"?)"},
      {"/ops1", "must be a URL"},
      {"ftp://ops1", "\"ftp\" is not a scheme"},
      {"http://", "has no host"},
      {"http://:8080", "has no host"},
      {"http:///path", R"(remove "/path")"},
      {"http://user:secret@ops1:8080", "no user name or password"},
      {"http://ops1:8080/mms", R"(remove "/mms")"},
      {"http://ops1:8080?x=1", R"(remove "?x=1")"},
      {"http://ops1:8080/#top", R"(remove "/#top")"},
      {"http://ops1:", "for a port"},
      {"http://ops1:0", "for a port"},
      {"http://ops1:65536", "for a port"},
      {"http://ops1:000008080", "for a port"},
      {"http://ops1:http", "for a port"},
      {"http://ops1:+80", "for a port"},
      {"http://::1:8080", "needs brackets"},
      {"http://[::1", "must be a URL"},
      {"http://[::1]8080", "must be a URL"},
      {"http://[ops1]:8080", "is not an IPv6 address"},
      {"http://[192.0.2.1]:8080", "is not an IPv6 address"},
      {"http://300.1.1.1:8080", "is not an IPv4 address"},
      {"http://127.1", "is not an IPv4 address"},
      {"http://ops1.99999999999", "is not an IPv4 address"},
      {"http://ops 1", "is not a host name"},
      {"http://ops1,ops2", "is not a host name"},
      {"http://-ops1", "is not a host name"},
      {"http://ops..1", "is not a host name"},
      {"http://opß", "is not a host name"},
      {"http://ops%31", "is not a host name"},
  }));
  CAPTURE(text);
  const auto read = to_backend_url(text);
  CHECK_FALSE(read.value);
  CHECK_THAT(read.wrong, ContainsSubstring(wrong));
  CHECK_THAT(read.wrong, !ContainsSubstring("secret"));
}

TEST_CASE("host and port are written with brackets around IPv6") {
  CHECK(write_host_and_port("ops1", 80) == "ops1:80");
  CHECK(write_host_and_port("::1", 8080) == "[::1]:8080");
}

TEST_CASE("names fit into a command line and a log line") {
  for (const auto* good : {"ops1", "[::]:8443", "0.0.0.0:80", "a-b_c.d", "1"}) CHECK(to_name(good).value == good);
  CHECK(to_name(std::string(64, 'x')).value);
  for (const auto* bad : {"", "two words", "a/b", "a\"b", "a\nb", "größe", "a,b", "a(b)"})
    CHECK_FALSE(to_name(bad).value);
  CHECK_FALSE(to_name(std::string(65, 'x')).value);
}

TEST_CASE("a backend that was found is called after its name and its host") {
  for (const auto* good :
       {"ops1", "ops@192.0.2.1", "ops@2001:db8::1", "ops@ops1.example.com:8080", "[::]:80@192.0.2.1"})
    CHECK(to_backend_name(good).value == good);
  CHECK(to_backend_name("ops@" + std::string(253, 'x') + ":65535").value);
  for (const auto* bad : {"", "@", "ops@", "@192.0.2.1", "ops@a@b", "o ps@a", "ops@a b", "ops@a/b"})
    CHECK_FALSE(to_backend_name(bad).value);
  CHECK_FALSE(to_backend_name("ops@" + std::string(271, 'x')).value);
}

TEST_CASE("host names are checked label by label") {
  for (const auto* good : {"lb1", "lb1.example.com", "192.0.2.1", "lb_1", "a-b.c"})
    CHECK(to_host_name(good).value == good);
  for (const auto* bad :
       {"", ".", "lb1.", ".lb1", "lb1..x", "-lb1", "lb1-", "lb1:80", "[::1]", "lb 1", "http://lb1", "lbé"}) {
    CHECK_FALSE(to_host_name(bad).value);
  }
  CHECK(to_host_name(std::string(63, 'x')).value);
  CHECK_FALSE(to_host_name(std::string(64, 'x')).value);
  std::string long_name = "a";
  while (long_name.size() < 253) long_name += ".a";
  CHECK(to_host_name(long_name).value);
  CHECK_FALSE(to_host_name(long_name + ".a").value);
}

TEST_CASE("the client's address may travel in any header that means nothing else") {
  for (const auto* good :
       {"X-Forwarded-For", "x-forwarded-for", "X-Real-IP", "True-Client-IP", "X-Client-IP", "My_Header"}) {
    CHECK(to_client_ip_header(good).value == good);
  }
}

TEST_CASE("a header with another meaning cannot carry the client's address") {
  const auto [name, wrong] = GENERATE(table<std::string, std::string>({
      {"", "must be a header field name"},
      {"X Forwarded", "must be a header field name"},
      {"X-Forwarded-For:", "must be a header field name"},
      {"Härte", "must be a header field name"},
      {"Host", "HTTP itself uses"},
      {"content-length", "HTTP itself uses"},
      {"Transfer-Encoding", "HTTP itself uses"},
      {"CONNECTION", "HTTP itself uses"},
      {"Upgrade", "HTTP itself uses"},
      {"TE", "HTTP itself uses"},
      {"Authorization", "HTTP itself uses"},
      {"X-Forwarded-Host", "something else than the client's address"},
      {"x-forwarded-proto", "something else than the client's address"},
      {"X-Forwarded-Port", "something else than the client's address"},
      {"X-Proxied-Https", "something else than the client's address"},
      {"Via", "something else than the client's address"},
      {"Forwarded", "something else than the client's address"},
      {"Proxy-ssl-id", "something else than the client's address"},
  }));
  CAPTURE(name);
  const auto read = to_client_ip_header(name);
  CHECK_FALSE(read.value);
  CHECK_THAT(read.wrong, ContainsSubstring(wrong));
}

TEST_CASE("the path of health checks can be sent as it is") {
  for (const auto* good : {"/", "/monitor/health", "/a?b=c&d", "/%20"}) CHECK(to_check_path(good).value == good);
  for (const auto* bad : {"", "monitor/health", "/a b", "/a#b", "/a\r\nX: y", "/ä", "http://ops1/monitor"}) {
    CHECK_FALSE(to_check_path(bad).value);
  }
}

TEST_CASE("a path prefix is in the form that paths are compared in") {
  for (const auto* good : {"/", "/agents/", "/agents", "/api/public/v1.0"}) CHECK(to_path_prefix(good).value == good);
  for (const auto* bad : {"", "agents/", "*"})
    CHECK_THAT(to_path_prefix(bad).wrong, ContainsSubstring("must begin with \"/\""));
  const auto [text, meant] = GENERATE(table<std::string, std::string>({
      {"//agents/", "/agents/"},
      {"/a/../agents/", "/agents/"},
      {"/%61gents/", "/agents/"},
      {"/agents/;x", "/agents/"},
      {"/agents/?x=1", "/agents/"},
  }));
  CAPTURE(text);
  CHECK_THAT(to_path_prefix(text).wrong, ContainsSubstring("write \"" + meant + "\""));
}

TEST_CASE("only the access log can be switched off") {
  CHECK(to_access_log_path("off").value == "off");
  CHECK_THAT(to_log_path("off").wrong, ContainsSubstring("cannot be off"));
  CHECK(to_log_path("./off").value);
  for (const auto read : {to_log_path, to_access_log_path}) {
    CHECK(read("-").value == "-");
    CHECK(read("log/opslb.log").value == "log/opslb.log");
    CHECK_FALSE(read("").value);
  }
}
