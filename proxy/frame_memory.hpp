// Memory for coroutine frames, recycled per thread: a worker starts a few coroutines per request, always of the same
// sizes, so in steady state none of them reaches the allocator. A frame is given back on the thread that took it, since
// coroutines never leave their worker.
#pragma once

#include <cstddef>

namespace opslb::frame_memory {

void* take(std::size_t size);
void give_back(void* frame, std::size_t size) noexcept;

}  // namespace opslb::frame_memory
