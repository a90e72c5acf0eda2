#include "proxy/http2/session_memory.hpp"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <catch2/catch_all.hpp>
#include <cstdint>
#include <set>
#include <string>

#include "proxy/frame_memory.hpp"

using namespace opslb;

namespace {

constexpr std::size_t block_for_frames = 16 * 1024 + 10;

bool lies_on_its_own_page(const void* block) { return reinterpret_cast<std::uintptr_t>(block) % 4096 == 0; }

}  // namespace

TEST_CASE("each session's block for frames begins on a page of its own") {
  nghttp2_mem& memory = *http2::session_memory();
  std::set<void*> blocks;
  for (int i = 0; i < 1000; ++i) {
    void* const block = memory.realloc(nullptr, block_for_frames, memory.mem_user_data);
    REQUIRE(lies_on_its_own_page(block));
    std::memset(block, i, block_for_frames);
    blocks.insert(block);
  }
  CHECK(blocks.size() == 1000);
  for (void* block : blocks) memory.free(block, memory.mem_user_data);

  void* const again = memory.realloc(nullptr, block_for_frames, memory.mem_user_data);
  CHECK(blocks.contains(again));
  memory.free(again, memory.mem_user_data);
}

TEST_CASE("a block for frames keeps its bytes when it grows") {
  nghttp2_mem& memory = *http2::session_memory();
  auto* const block = static_cast<char*>(memory.malloc(block_for_frames, memory.mem_user_data));
  std::memset(block, 'a', block_for_frames);
  CHECK(memory.realloc(block, block_for_frames + 100, memory.mem_user_data) == block);

  auto* const larger = static_cast<char*>(memory.realloc(block, 100'000, memory.mem_user_data));
  REQUIRE(larger != block);
  CHECK(std::string(larger, block_for_frames) == std::string(block_for_frames, 'a'));
  CHECK(memory.malloc(block_for_frames, memory.mem_user_data) == block);
  memory.free(block, memory.mem_user_data);
  memory.free(larger, memory.mem_user_data);
}

TEST_CASE("everything else of a session comes from the allocator") {
  nghttp2_mem& memory = *http2::session_memory();
  auto* text = static_cast<char*>(memory.malloc(3, memory.mem_user_data));
  std::copy_n("abc", 3, text);
  text = static_cast<char*>(memory.realloc(text, 200'000, memory.mem_user_data));
  CHECK(std::string(text, 3) == "abc");
  memory.free(text, memory.mem_user_data);

  auto* const zeros = static_cast<char*>(memory.calloc(10, 2'000, memory.mem_user_data));
  CHECK(std::string(zeros, 20'000) == std::string(20'000, '\0'));
  memory.free(zeros, memory.mem_user_data);
  memory.free(nullptr, memory.mem_user_data);
}

TEST_CASE("a small block that is given back is the next of its size") {
  if (!frame_memory::recycling) return;
  nghttp2_mem& memory = *http2::session_memory();
  const std::size_t size = GENERATE(1, 24, 25, 40, 100, 152, 400);
  void* const block = memory.malloc(size, memory.mem_user_data);
  std::memset(block, 0xFF, size);
  memory.free(block, memory.mem_user_data);
  auto* const again = static_cast<char*>(memory.calloc(size, 1, memory.mem_user_data));
  CHECK(again == block);
  CHECK(std::all_of(again, again + size, [](char byte) { return byte == 0; }));
  void* const other = memory.malloc(size, memory.mem_user_data);
  CHECK(other != again);
  memory.free(other, memory.mem_user_data);
  memory.free(again, memory.mem_user_data);
}
