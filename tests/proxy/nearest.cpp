#include "proxy/nearest.hpp"

#include <array>
#include <catch2/catch_all.hpp>
#include <string_view>

using namespace std::literals;

namespace {

constexpr std::array known = {"bind"sv, "name"sv, "proxy_protocol"sv, "proxy_protocol_from"sv, "idle"sv, "idle_for"sv};

}  // namespace

TEST_CASE("a misspelt word finds the one that was meant") {
  const auto [written, meant] = GENERATE(table<std::string_view, std::string_view>({
      {"proxy_protocl", "proxy_protocol"},  // a letter missing
      {"proxyprotocol", "proxy_protocol"},
      {"proxy-protocol", "proxy_protocol"},  // replaced
      {"ProxyProtocol", "proxy_protocol"},
      {"bindd", "bind"},  // too many
      {"bnid", "bind"},   // two swapped
      {"proxy_protocol_form", "proxy_protocol_from"},
      {"Idle", "idle"},
      {"idlefor", "idle_for"},
  }));
  CHECK(opslb::nearest(written, known) == meant);
}

TEST_CASE("a word that is like none of them finds nothing") {
  const auto written = GENERATE(as<std::string_view>(), "", "x", "port", "nmea_x", "proxy", "listeners",
                                "a_word_far_longer_than_any_of_those_that_are_known_here");
  CHECK_FALSE(opslb::nearest(written, known));
}

TEST_CASE("no words are near to anything") { CHECK_FALSE(opslb::nearest("bind", {})); }
