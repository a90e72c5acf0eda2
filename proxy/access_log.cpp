#include "proxy/access_log.hpp"

#include <unistd.h>

#include <atomic>

#include "proxy/log.hpp"
#include "proxy/log_slot.hpp"

namespace opslb::access_log {
namespace {

/// The one access log of the process; no writer while it is off.
struct open_log {
  log_slot slot;
  std::atomic<std::uint64_t> dropped_before{0};  ///< by writers that are gone
};

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
  const std::size_t usual = finished.batch_.capacity();
  if (const auto writer = the_log().slot.current()) writer->submit(finished.batch_);
  finished.clear();
  // Where no batch has come back yet: to grow step by step would copy all lines again and again.
  if (finished.batch_.capacity() == 0) finished.batch_.room_for(usual);
}

std::uint64_t dropped() {
  const std::uint64_t before = the_log().dropped_before.load();
  const auto writer = the_log().slot.current();
  return before + (writer ? writer->dropped() : 0);
}

}  // namespace opslb::access_log
