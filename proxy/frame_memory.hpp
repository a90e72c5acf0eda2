// Memory for coroutine frames, recycled per thread: a worker starts a few coroutines per request, always of the same
// sizes, so in steady state none of them reaches the allocator. A frame is given back on the thread that took it, since
// coroutines never leave their worker.
#pragma once

#include <array>
#include <cstddef>
#include <new>

namespace opslb::frame_memory {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool recycling = false;  // let the sanitizer see every frame's end
#else
inline constexpr bool recycling = true;
#endif

inline constexpr std::size_t step = 16;
inline constexpr std::size_t classes = 256;          ///< frames of up to 4 KiB
inline constexpr std::size_t kept_per_class = 1024;  ///< a few for each of some hundred requests at a time

struct free_frame {
  free_frame* next;
};

/// The thread's frames that are free, by size. Without a destructor, so that reaching them is one instruction.
struct free_lists {
  std::array<free_frame*, classes> head;
  std::array<std::size_t, classes> count;
};
extern thread_local constinit free_lists lists;

void* make(std::size_t size);
void drop(void* frame) noexcept;

inline void* take(std::size_t size) {
  const std::size_t index = (size - 1) / step;
  if (!recycling || index >= classes || lists.head[index] == nullptr) return make(size);
  free_frame* const frame = lists.head[index];
  lists.head[index] = frame->next;
  --lists.count[index];
  return frame;
}

inline void give_back(void* frame, std::size_t size) noexcept {
  const std::size_t index = (size - 1) / step;
  if (!recycling || index >= classes || lists.count[index] == kept_per_class) return drop(frame);
  lists.head[index] = new (frame) free_frame{lists.head[index]};
  ++lists.count[index];
}

}  // namespace opslb::frame_memory
