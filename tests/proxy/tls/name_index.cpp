#include "proxy/tls/name_index.hpp"

#include <catch2/catch_all.hpp>
#include <optional>
#include <string>

using namespace opslb::tls;

namespace {

name_index some_names() {
  name_index names;
  names.add("ops.example.com", 1);
  names.add("*.example.com", 2);
  names.add("*.a.example.com", 3);
  names.add("ops.example.com", 4);  // is there already
  names.add("w*.example.org", 5);
  names.add("*", 6);
  names.add("www.*.org", 7);
  return names;
}

}  // namespace

TEST_CASE("a name finds itself, then a star for its leftmost label") {
  const auto [name, number] = GENERATE(table<std::string, int>({
      {"ops.example.com", 1},
      {"OPS.Example.COM", 1},
      {"ops.example.com.", 1},
      {"other.example.com", 2},
      {"a.example.com", 2},
      {"x.a.example.com", 3},
      {"-.example.com", 2},
  }));
  CAPTURE(name);
  CHECK(some_names().find(name) == static_cast<std::size_t>(number));
}

TEST_CASE("a star stands for one whole label, and only in front") {
  const auto name = GENERATE(as<std::string>(), "example.com", ".example.com", "x.y.example.com", "www.example.org",
                             "www.x.org", "x", "com", "", ".", "..");
  CAPTURE(name);
  CHECK(some_names().find(name) == std::nullopt);
}

TEST_CASE("a name that is no name finds nothing") {
  CHECK(some_names().find(std::string(100'000, 'a') + ".b.example.com") == std::nullopt);
  CHECK(name_index().find("a.example.com") == std::nullopt);
}
