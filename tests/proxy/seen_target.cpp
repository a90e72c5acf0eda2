#include "proxy/seen_target.hpp"

#include <catch2/catch_all.hpp>

#include <algorithm>
#include <array>
#include <random>
#include <string>

#include "proxy/redact.hpp"

using opslb::seen_target;

namespace {

char* as_it_is(std::string_view bytes, char* out) { return std::copy(bytes.begin(), bytes.end(), out); }

std::string redacted(std::string_view target) {
  std::string out(opslb::mask_growth * target.size(), '\0');
  out.resize(static_cast<std::size_t>(opslb::put_redacted_target(target, as_it_is, out.data()) - out.data()));
  return out;
}

}  // namespace

TEST_CASE("an agent's host and version are found by their whole names, the first of each, in the query alone") {
  struct row {
    std::string_view target, host, version;
  };
  const auto [target, host, version] = GENERATE(values<row>({
      {"", "", ""},
      {"/a", "", ""},
      {"/a?ah=x&av=1.2", "x", "1.2"},
      {"/a?av=1.2&ah=x", "x", "1.2"},
      {"/agents/api/automation/conf/v1/5f2b?ah=db-17.example.com&aos=Linux&av=13.10.0.8620&aa=x86_64",
       "db-17.example.com", "13.10.0.8620"},
      {"/a?bah=x&ah=%20y", "%20y", ""},
      {"/a?ah&ah=", "", ""},
      {"/a?ah=&ah=x", "", ""},
      {"/a?ah=first&ah=second", "first", ""},
      {"/a?x?ah=1&ah=2", "2", ""},
      {"/a?x&ah=1?ah=2", "1?ah=2", ""},
      {"/a&ah=1?av=2", "", "2"},
      {"?ah=1;av=2", "1;av=2", ""},
      {"/ah=x", "", ""},
      {"ah=x", "", ""},
      {"/?", "", ""},
  }));
  CAPTURE(target);
  CHECK(seen_target(target).agent_host() == host);
  CHECK(seen_target(target).agent_version() == version);
}

TEST_CASE("what agents and browsers send without a credential is not searched for one") {
  CHECK_FALSE(seen_target(GENERATE("", "/", "/_sim/plain", "/agents/api/conf/v1/1?ah=db1&av=13.1&aos=Linux&aa=x86_64",
                                   "/a?pageNum=1&itemsPerPage=100", "http://h/a?bc=d"))
                  .may_hold_secret());
}

TEST_CASE("every target in which something is masked is known to hold it") {
  constexpr std::array<std::string_view, 28> pieces = {
      "/",  "?",   "&",  ";",  "=",  "=",   "=",  "@",        "#",        "http://", "key",    "KEY", "%6b", "ke%79",
      "sk", "a_k", "k.", "ah", "av", "pwd", "ss", "password", "%70%77d[", "token",   "secret", "+",   "x",   "\xff",
  };
  std::minstd_rand random(20261123);
  unsigned masked = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string target;
    for (auto size = random() % 12; size > 0; --size) target += pieces[random() % pieces.size()];
    CAPTURE(target);
    const bool is_masked = redacted(target) != target;
    masked += is_masked ? 1 : 0;
    if (is_masked) REQUIRE(seen_target(target).may_hold_secret());
  }
  CHECK(masked > 1000);
}
