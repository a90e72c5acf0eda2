#include "proxy/takeover/link_reader.hpp"

#include <boost/asio/io_context.hpp>
#include <catch2/catch_all.hpp>
#include <optional>
#include <utility>
#include <vector>

namespace opslb::takeover {

TEST_CASE("a word that only a newer program knows is passed over, and is no end", "[takeover]") {
  boost::asio::io_context loop;
  auto [mine, its] = link::make();
  std::optional<link> other = std::move(its);
  std::vector<word> said;
  int gone = 0;
  link_reader reader(loop, mine,
                     {[&](const message& what) {
                        said.push_back(what.what);
                        if (said.size() == 2) other.reset();
                      },
                      [&] { ++gone; }});
  REQUIRE(other->send("lead"));
  REQUIRE(other->send("unheard-of 5 ops1"));
  REQUIRE(other->send("reopen"));
  loop.run();
  CHECK(said == std::vector{word::lead, word::reopen});
  CHECK(gone == 1);
}

}  // namespace opslb::takeover
