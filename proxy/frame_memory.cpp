#include "proxy/frame_memory.hpp"

#include <utility>

namespace opslb::frame_memory {
namespace {

/// Frees what the thread has kept, when it ends.
struct cleaner {
  ~cleaner() {
    for (free_frame*& first : lists.head) {
      while (first != nullptr) drop(std::exchange(first, first->next));
    }
  }
};

}  // namespace

thread_local constinit free_lists lists{};

void* make(std::size_t size) {
  static thread_local const cleaner at_the_end;
  static_cast<void>(&at_the_end);
  // Of its class's size, so that it can serve every frame of the class.
  const std::size_t index = (size - 1) / step;
  return ::operator new(recycling && index < classes ? (index + 1) * step : size);
}

void drop(void* frame) noexcept { ::operator delete(frame); }

}  // namespace opslb::frame_memory
