#include "proxy/access_log.hpp"

#include <unistd.h>

#include <algorithm>
#include <atomic>

#include "proxy/log.hpp"
#include "proxy/log_slot.hpp"

namespace opslb::access_log {
namespace {

/// The one access log of the process; no writer while it is off.
struct open_log {
  log_slot slot;
  std::atomic<std::uint64_t> dropped_before{0};  ///< by writers that are gone
  std::atomic<std::uint64_t> dropped_told{0};    ///< the most that was ever told
};

/// Room for all lines of a batch and some that are longer than most.
constexpr std::size_t usual_batch = 64 * 1024;

open_log& the_log() {
  static open_log log;
  return log;
}

}  // namespace

void open(const access_log_config& settings) {
  if (settings.path == "off") return close();
  the_log().slot.open(settings.path, [&] {
    return std::make_shared<log_writer>(settings.path, STDOUT_FILENO,
                                        [](const std::string& text) { log::write(log_level::warning, text); });
  });
}

void reopen() { the_log().slot.reopen(); }

void close() {
  const auto last = the_log().slot.take();
  if (!last) return;
  last->close();
  the_log().dropped_before.fetch_add(last->dropped());
}

void submit(lines& finished) {
  if (finished.size() == 0) return;
  const std::size_t usual = std::min(finished.batch_.capacity(), usual_batch);
  if (const auto writer = the_log().slot.current()) writer->submit(finished.batch_);
  finished.clear();
  // Where no batch has come back yet: to grow step by step would copy all lines again and again.
  if (finished.batch_.capacity() == 0) finished.batch_.room_for(usual);
}

std::uint64_t dropped() {
  const std::uint64_t before = the_log().dropped_before.load();
  const auto writer = the_log().slot.current();
  const std::uint64_t now = before + (writer ? writer->dropped() : 0);
  // While a writer comes to its end, what it has dropped is in neither; a counter never steps back.
  std::uint64_t told = the_log().dropped_told.load();
  while (told < now && !the_log().dropped_told.compare_exchange_weak(told, now)) {
  }
  return std::max(told, now);
}

}  // namespace opslb::access_log
