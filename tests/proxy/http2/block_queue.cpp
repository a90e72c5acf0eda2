#include "proxy/http2/block_queue.hpp"

#include <catch2/catch_all.hpp>
#include <random>
#include <string>

using namespace opslb;
using namespace opslb::http2;

TEST_CASE("what goes in comes out in order, in any pieces", "[http2]") {
  buffer_pool pool;
  block_queue queue(pool);
  std::mt19937 random(1);
  std::string in, out;
  for (int turn = 0; turn < 2000; ++turn) {
    std::string piece(random() % 40000, '\0');
    for (char& c : piece) c = static_cast<char>(random());
    in += piece;
    queue.append(piece);
    while (!queue.empty() && random() % 4 != 0) {
      const std::string_view front = queue.front();
      REQUIRE_FALSE(front.empty());
      const std::string_view taken = front.substr(0, random() % front.size() + 1);
      out += taken;
      queue.consume(taken.size());
    }
    REQUIRE(queue.size() == in.size() - out.size());
  }
  while (!queue.empty()) {
    out += queue.front();
    queue.consume(queue.front().size());
  }
  CHECK(out == in);
  CHECK(queue.front().empty());
}

TEST_CASE("what is cleared is empty and can be filled again", "[http2]") {
  buffer_pool pool;
  block_queue queue(pool);
  queue.append(std::string(50000, 'a'));
  queue.consume(5);
  queue.clear();
  CHECK(queue.empty());
  queue.append("b");
  CHECK(queue.front() == "b");
}
