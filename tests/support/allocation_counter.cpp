// Preloaded into opslb by a test: counts what is allocated while the test wants it counted, and by whom. The board is a file
// that both have mapped; allocation_counter.py has the same layout. Everything ends in malloc or one of its sisters, operator
// new as well, so these are what is replaced; free stays the C library's.
#include <execinfo.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" {
// The C library's own, under the names by which it keeps them for those who replace the others.
// NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming)
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* block, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);
// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming)
}

namespace {

constexpr std::size_t most_frames = 24;
constexpr std::size_t most_stacks = 512;

/// One way to come to an allocation.
struct stack {
  std::uint64_t count;
  std::uint64_t depth;
  std::array<void*, most_frames> frames;  ///< return addresses, the innermost first
};

struct board {
  std::atomic<std::uint64_t> counting;  ///< the test's word: 1 or 0
  std::uint64_t stacks_used;
  std::uint64_t without_stack;  ///< counted when all stacks were taken
  std::array<stack, most_stacks> stacks;
};

board* shared = nullptr;
std::atomic_flag busy;
[[gnu::tls_model("initial-exec")]] thread_local bool inside = false;  // finding a stack may allocate

bool is_same(const stack& known, const stack& found) {
  return known.depth == found.depth &&
         std::equal(known.frames.begin(), known.frames.begin() + known.depth, found.frames.begin());
}

void enter(const stack& found) {
  while (busy.test_and_set(std::memory_order_acquire)) {
  }
  stack* const end = shared->stacks.data() + shared->stacks_used;
  stack* const at = std::find_if(shared->stacks.data(), end, [&](const stack& known) { return is_same(known, found); });
  if (at != end) {
    ++at->count;
  } else if (shared->stacks_used == most_stacks) {
    ++shared->without_stack;
  } else {
    *at = found;
    ++shared->stacks_used;
  }
  busy.clear(std::memory_order_release);
}

/// Called by every replacement, and not inlined, so that the first frame is the one to leave out.
[[gnu::noinline]] void note() {
  if (shared == nullptr || inside || shared->counting.load(std::memory_order_relaxed) == 0) return;
  inside = true;
  std::array<void*, most_frames + 1> frames{};
  const int found = ::backtrace(frames.data(), static_cast<int>(frames.size()));
  stack here{1, 0, {}};
  for (int i = 1; i < found; ++i) here.frames[here.depth++] = frames[static_cast<std::size_t>(i)];
  enter(here);
  inside = false;
}

[[gnu::constructor]] void open_board() {
  void* unused = nullptr;
  ::backtrace(&unused, 1);  // loads what it needs
  const char* const path = std::getenv("OPSLB_ALLOCATION_BOARD");
  const int descriptor = path != nullptr ? ::open(path, O_RDWR | O_CLOEXEC) : -1;
  if (descriptor < 0) return;
  void* const mapping = ::mmap(nullptr, sizeof(board), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  ::close(descriptor);
  if (mapping != MAP_FAILED) shared = static_cast<board*>(mapping);
}

}  // namespace

extern "C" {

void* malloc(std::size_t size) {
  note();
  return __libc_malloc(size);
}

void* calloc(std::size_t count, std::size_t size) {
  note();
  return __libc_calloc(count, size);
}

void* realloc(void* block, std::size_t size) {
  note();
  return __libc_realloc(block, size);
}

void* memalign(std::size_t alignment, std::size_t size) {
  note();
  return __libc_memalign(alignment, size);
}

void* aligned_alloc(std::size_t alignment, std::size_t size) {
  note();
  return __libc_memalign(alignment, size);
}

int posix_memalign(void** block, std::size_t alignment, std::size_t size) {
  note();
  *block = __libc_memalign(alignment, size);
  return *block != nullptr ? 0 : ENOMEM;
}

}  // extern "C"
