#include "proxy/access_log.hpp"

#include <unistd.h>

#include <memory>
#include <mutex>

#include "proxy/log.hpp"
#include "proxy/log_writer.hpp"

namespace opslb::access_log {
namespace {

/// The one access log of the process; no writer while it is off.
struct open_log {
  std::mutex mutex;  ///< guards what follows
  std::shared_ptr<log_writer> writer;
  std::uint64_t dropped_before = 0;  ///< by writers that are gone

  std::shared_ptr<log_writer> current() {
    const std::lock_guard lock(mutex);
    return writer;
  }
};

open_log& the_log() {
  static open_log log;
  return log;
}

}  // namespace

void open(const access_log_config& settings) {
  if (settings.path == "off") return close();
  auto& log = the_log();
  const std::lock_guard lock(log.mutex);
  if (log.writer) {
    log.writer->open(settings.path);
  } else {
    log.writer = std::make_shared<log_writer>(settings.path, STDOUT_FILENO,
                                              [](const std::string& text) { log::write(log_level::warning, text); });
  }
}

void reopen() {
  const auto writer = the_log().current();
  if (!writer) return;
  try {
    writer->reopen();
  } catch (const std::exception& failure) {
    log::error("{}; the old file stays in use", failure.what());
  }
}

void close() {
  auto& log = the_log();
  std::shared_ptr<log_writer> last;
  {
    const std::lock_guard lock(log.mutex);
    last.swap(log.writer);
  }
  if (!last) return;
  last->close();  // not under the lock, because it waits for the writing thread
  const std::lock_guard lock(log.mutex);
  log.dropped_before += last->dropped();
}

void submit(std::string_view lines) {
  if (lines.empty()) return;
  if (const auto writer = the_log().current()) writer->submit(lines);
}

std::uint64_t dropped() {
  auto& log = the_log();
  const std::lock_guard lock(log.mutex);
  return log.dropped_before + (log.writer ? log.writer->dropped() : 0);
}

}  // namespace opslb::access_log
