#include "proxy/buffer.hpp"

#include <catch2/catch_all.hpp>
#include <cstring>
#include <string>

using namespace opslb;

namespace {

void put(buffer& into, std::string_view text) {
  const auto space = into.space();
  REQUIRE(space.size() >= text.size());
  std::memcpy(space.data(), text.data(), text.size());
  into.filled(text.size());
}

}  // namespace

TEST_CASE("a buffer gives back in order what was put in") {
  buffer_pool pool;
  buffer bytes(pool);
  CHECK(bytes.empty());
  put(bytes, "hello ");
  put(bytes, "world");
  CHECK(bytes.ready() == "hello world");
  bytes.consume(6);
  CHECK(bytes.ready() == "world");
  bytes.consume(5);
  CHECK(bytes.empty());
}

TEST_CASE("a full block makes room by moving what is left to its front") {
  buffer_pool pool;
  buffer bytes(pool);
  put(bytes, std::string(buffer_pool::block_size, 'a'));
  bytes.consume(buffer_pool::block_size - 3);
  CHECK(bytes.space().size() == buffer_pool::block_size - 3);
  CHECK(bytes.ready() == "aaa");
}

TEST_CASE("a block that is full of unused bytes has no room until it grows") {
  buffer_pool pool;
  buffer bytes(pool);
  const std::string text(buffer_pool::block_size, 'x');
  put(bytes, text);
  CHECK(bytes.space().empty());
  bytes.grow();
  CHECK(bytes.space().size() == buffer_pool::block_size);
  CHECK(bytes.ready() == text);
}

TEST_CASE("an empty buffer gives its block back for the next one") {
  buffer_pool pool;
  buffer first(pool);
  const char* block = first.space().data();
  put(first, "a");
  first.release_if_empty();
  CHECK(first.ready() == "a");
  first.consume(1);
  first.release_if_empty();
  buffer second(pool);
  CHECK(second.space().data() == block);
}
