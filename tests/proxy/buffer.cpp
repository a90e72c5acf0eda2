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

TEST_CASE("a buffer that is told that much comes has a wide block once it is empty") {
  buffer_pool pool;
  buffer bytes(pool);
  put(bytes, "first");
  bytes.widen(true);
  CHECK(bytes.capacity() == buffer_pool::block_size);
  CHECK(bytes.ready() == "first");
  bytes.consume(5);
  CHECK(bytes.capacity() == buffer_pool::wide_size);
  CHECK(bytes.space().size() == buffer_pool::wide_size);
  const char* const wide = bytes.space().data();
  bytes.widen(false);
  CHECK(bytes.space().size() == buffer_pool::block_size);
  char* const kept = pool.take(buffer_pool::wide_size);
  CHECK(kept == wide);
  pool.give_back(kept, buffer_pool::wide_size);
}

TEST_CASE("more than any block holds can be put in at once") {
  buffer_pool pool;
  for (const bool wide : {false, true}) {
    buffer bytes(pool);
    bytes.widen(wide);
    const std::string text(300'000, 'x');
    bytes.append(text);
    bytes.append("y");
    CHECK(bytes.ready() == text + "y");
  }
}
