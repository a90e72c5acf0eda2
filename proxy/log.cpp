#include "proxy/log.hpp"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <memory>

#include "proxy/log_slot.hpp"
#include "proxy/utc_time.hpp"

namespace opslb::log {
namespace {

/// The one error log of the process.
struct open_log {
  log_slot slot;
  std::atomic<log_level> level{log_level::info};
};

open_log& the_log() {
  static open_log log;
  return log;
}

constexpr std::string_view name_of(log_level level) {
  constexpr std::array<std::string_view, 4> names = {"debug ", "info  ", "warn  ", "error "};
  return names[static_cast<std::size_t>(level)];
}

void append_hex(unsigned char byte, std::string& out) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  out += "\\x";
  out += digits[byte >> 4U];
  out += digits[byte & 15U];
}

std::string finished_line(log_level level, std::string_view text) {
  std::string line;
  line.reserve(text.size() + 40);
  append_rfc3339(std::chrono::system_clock::now(), line);
  line += ' ';
  line += name_of(level);
  for (const char c : text) {  // one event, one line, whatever an error message has in it
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F) {
      append_hex(byte, line);
    } else {
      line += c;
    }
  }
  line += '\n';
  return line;
}

/// For what cannot go to the log itself. Leaves it be where stderr would block.
void write_to_stderr(std::string_view line) {
  pollfd asked{STDERR_FILENO, POLLOUT, 0};
  if (::poll(&asked, 1, 0) <= 0) return;
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

void complain(const std::string& text) { write_to_stderr(finished_line(log_level::warning, text)); }

}  // namespace

void open(const log_config& settings) {
  the_log().slot.open(settings.path, [&] {
    return std::make_shared<log_writer>(settings.path, STDERR_FILENO, complain, log_queue{1024, 4 * 1024 * 1024});
  });
  the_log().level.store(settings.level, std::memory_order_relaxed);
}

void reopen() { the_log().slot.reopen(); }

void close() { the_log().slot.take(); }

bool enabled(log_level level) { return level >= the_log().level.load(std::memory_order_relaxed); }

void write(log_level level, std::string_view line) {
  const auto finished = finished_line(level, line);
  if (const auto writer = the_log().slot.current()) {
    writer->submit(finished);
  } else {
    write_to_stderr(finished);
  }
}

std::string escaped(std::string_view from_outside) {
  constexpr std::size_t longest = 200;
  std::string out;
  for (const char c : from_outside.substr(0, longest)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte > 0x7E || c == '"' || c == '\\') {
      append_hex(byte, out);
    } else {
      out += c;
    }
  }
  if (from_outside.size() > longest) out += "...";
  return out;
}

bool rate_limit::allows(std::uint64_t& left_out) {
  using namespace std::chrono;
  const std::int64_t now = duration_cast<nanoseconds>(steady_clock::now().time_since_epoch()).count();
  std::int64_t next = next_.load(std::memory_order_relaxed);
  // Of those that come together one wins the exchange, and the others are left out.
  if (now >= next && next_.compare_exchange_strong(next, now + nanoseconds(1s).count(), std::memory_order_relaxed)) {
    left_out = suppressed_.exchange(0, std::memory_order_relaxed);
    return true;
  }
  suppressed_.fetch_add(1, std::memory_order_relaxed);
  left_out = 0;
  return false;
}

}  // namespace opslb::log
