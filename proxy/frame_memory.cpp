#include "proxy/frame_memory.hpp"

#include <array>
#include <new>

namespace opslb::frame_memory {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool recycling = false;  // let the sanitizer see every frame's end
#else
constexpr bool recycling = true;
#endif

constexpr std::size_t step = 128;
constexpr std::size_t classes = 32;  // frames of up to 4 KiB
constexpr std::size_t kept_per_class = 256;

struct free_frame {
  free_frame* next;
};

struct free_lists {
  std::array<free_frame*, classes> head{};
  std::array<std::size_t, classes> count{};

  ~free_lists() {
    for (free_frame* frame : head) {
      while (frame != nullptr) {
        free_frame* next = frame->next;
        ::operator delete(frame);
        frame = next;
      }
    }
  }
};

thread_local free_lists lists;

std::size_t class_of(std::size_t size) { return (size - 1) / step; }

}  // namespace

void* take(std::size_t size) {
  const std::size_t index = class_of(size);
  if (!recycling || index >= classes) return ::operator new(size);
  if (free_frame* frame = lists.head[index]) {
    lists.head[index] = frame->next;
    --lists.count[index];
    return frame;
  }
  return ::operator new((index + 1) * step);
}

void give_back(void* frame, std::size_t size) noexcept {
  const std::size_t index = class_of(size);
  if (!recycling || index >= classes || lists.count[index] == kept_per_class) {
    ::operator delete(frame);
    return;
  }
  lists.head[index] = new (frame) free_frame{lists.head[index]};
  ++lists.count[index];
}

}  // namespace opslb::frame_memory
