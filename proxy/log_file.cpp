#include "proxy/log_file.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>  // PIPE_BUF
#include <limits>
#include <stdexcept>
#include <utility>

namespace opslb {
namespace {

using steady = std::chrono::steady_clock;

std::error_code last_error() { return {errno, std::generic_category()}; }

bool is_regular(int descriptor) {
  struct stat what{};
  return fstat(descriptor, &what) == 0 && S_ISREG(what.st_mode);
}

int open_descriptor(const std::string& path, int standard_stream) {
  if (path == "-") return standard_stream;
  // O_NONBLOCK: a FIFO that nobody reads fails here, where an operator is told, and does not hang.
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK,
                                S_IRUSR | S_IWUSR | S_IRGRP);
  if (descriptor >= 0) return descriptor;
  throw std::runtime_error("cannot open the log file " + path + ": " + last_error().message() +
                           "; create its directory and let the user that opslb runs as write there");
}

/// How many bytes of whole lines fit, or of a line that does not. Up to PIPE_BUF bytes get into a pipe at once (write(2)), so two
/// processes in a takeover do not tear each other's lines.
std::size_t whole_lines(std::string_view text, std::size_t most) {
  if (text.size() <= most) return text.size();
  const std::size_t line_end = text.rfind('\n', most - 1);
  return line_end == std::string_view::npos ? most : line_end + 1;
}

}  // namespace

log_file::log_file(const std::string& path, int standard_stream)
    : standard_stream_(standard_stream),
      gives_up_at_(std::numeric_limits<steady::rep>::max()),
      path_(path) {
  descriptor_ = open_descriptor(path, standard_stream);
  regular_ = is_regular(descriptor_);
}

log_file::~log_file() {
  if (next_ >= 0 && next_ != standard_stream_) ::close(next_);
  if (descriptor_ != standard_stream_) ::close(descriptor_);
}

void log_file::open(const std::string& path) {
  const int opened = open_descriptor(path, standard_stream_);
  const std::lock_guard lock(mutex_);
  if (next_ >= 0 && next_ != standard_stream_) ::close(next_);
  next_ = opened;
  path_ = path;
}

std::string log_file::path() const {
  const std::lock_guard lock(mutex_);
  return path_;
}

void log_file::switch_over() {
  const std::lock_guard lock(mutex_);
  if (next_ < 0) return;
  if (descriptor_ != standard_stream_) ::close(descriptor_);
  descriptor_ = std::exchange(next_, -1);
  regular_ = is_regular(descriptor_);
  torn_ = false;
}

void log_file::give_up_after(std::chrono::milliseconds grace) {
  gives_up_at_.store((steady::now() + grace).time_since_epoch().count(), std::memory_order_relaxed);
}

std::error_code log_file::write(std::string_view lines) {
  if (torn_) {  // what failed before ended within a line: keep it apart from this one
    std::string_view line_end = "\n";
    if (const auto ec = write_all(line_end)) return ec;
    torn_ = false;
  }
  auto rest = lines;
  const auto failure = write_all(rest);
  torn_ = failure && rest.size() != lines.size() && lines[lines.size() - rest.size() - 1] != '\n';
  return failure;
}

std::error_code log_file::write_all(std::string_view& rest) {
  while (!rest.empty()) {
    std::size_t size = rest.size();
    if (!regular_) {
      // The streams that we were given may be shared with other processes, so O_NONBLOCK is not ours to set. After poll
      // has said yes, a pipe takes PIPE_BUF bytes without blocking.
      if (const auto ec = wait_for_room()) return ec;
      size = whole_lines(rest, PIPE_BUF);
    }
    const auto written = ::write(descriptor_, rest.data(), size);
    if (written >= 0) {
      rest.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EINTR && errno != EAGAIN) {
      return last_error();
    }
  }
  return {};
}

std::error_code log_file::wait_for_room() {
  while (true) {
    const bool giving_up = steady::now().time_since_epoch().count() >= gives_up_at_.load(std::memory_order_relaxed);
    // Looks up now and then to see whether it should give up, or somebody has opened another file meanwhile.
    pollfd asked{descriptor_, POLLOUT, 0};
    const int ready = ::poll(&asked, 1, giving_up ? 0 : 100);
    if (ready > 0) return {};
    if (ready < 0 && errno != EINTR) return last_error();
    if (giving_up) return std::make_error_code(std::errc::timed_out);
    const std::lock_guard lock(mutex_);
    if (next_ >= 0) return std::make_error_code(std::errc::operation_canceled);
  }
}

}  // namespace opslb
