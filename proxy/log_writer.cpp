#include "proxy/log_writer.hpp"

#include <signal.h>
#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/sinks/sink.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace opslb {
namespace {

std::uint64_t count_lines(std::string_view lines) {
  return static_cast<std::uint64_t>(std::count(lines.begin(), lines.end(), '\n'));
}

/// Signals are for the threads that wait for them; here they would only interrupt a write.
void leave_signals_to_others() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

}  // namespace

/// What spdlog's thread calls. Lines come finished, so there is nothing to format: a message only says that there are some.
class log_writer::sink : public spdlog::sinks::sink {
 public:
  explicit sink(log_writer& owner) : owner_(owner) {}

  void log(const spdlog::details::log_msg&) override { owner_.write_all(); }
  void flush() override {}
  void set_pattern(const std::string&) override {}
  void set_formatter(std::unique_ptr<spdlog::formatter>) override {}

 private:
  log_writer& owner_;
};

log_writer::log_writer(const std::string& path, int standard_stream, complaint complain, log_queue queue)
    : file_(path, standard_stream),
      complain_(std::move(complain)),
      bounds_(queue) {
  // submit() keeps count, so spdlog's own overflow rule, which loses the oldest lines without saying how many, never comes
  // to bear.
  thread_ = std::make_shared<spdlog::details::thread_pool>(queue.batches, 1U, leave_signals_to_others);
  logger_ = std::make_shared<spdlog::async_logger>(std::string(), std::make_shared<sink>(*this), thread_,
                                                   spdlog::async_overflow_policy::overrun_oldest);
  logger_->set_error_handler([](const std::string&) {});  // a line that came after close(): spdlog would print it
}

void log_writer::close() {
  file_.give_up_after(std::chrono::seconds(1));
  thread_.reset();  // joins, behind everything that was queued
}

bool log_writer::submit(line_batch& lines) {
  const std::size_t size = lines.size();
  const auto batches = waiting_batches_.fetch_add(1, std::memory_order_relaxed) + 1;
  const auto bytes = waiting_bytes_.fetch_add(size, std::memory_order_relaxed) + size;
  if (batches <= bounds_.batches && bytes <= bounds_.bytes) {
    {
      const std::lock_guard lock(mutex_);
      waiting_.push_back(std::move(lines));
      lines = line_batch();
      if (!spare_.empty()) {
        lines = std::move(spare_.back());
        spare_.pop_back();
      }
    }
    logger_->log(spdlog::level::info, spdlog::string_view_t());
    return true;
  }
  waiting_batches_.fetch_sub(1, std::memory_order_relaxed);
  waiting_bytes_.fetch_sub(size, std::memory_order_relaxed);
  dropped_.fetch_add(count_lines(lines.text()), std::memory_order_relaxed);
  was_full_.store(true, std::memory_order_relaxed);
  lines.clear();
  return false;
}

bool log_writer::submit(std::string_view lines) {
  line_batch copy(lines);
  return submit(copy);
}

void log_writer::open(const std::string& path) {
  file_.open(path);
  submit(std::string_view());  // wakes the thread, so that the old file is closed although no line may come
}

void log_writer::reopen() { open(path()); }

/// All that has come, in order: of the messages that told of it the later ones find nothing.
void log_writer::write_all() {
  {
    const std::lock_guard lock(mutex_);
    taken_.swap(waiting_);
  }
  for (line_batch& each : taken_) {
    write(each.text());
    each.clear();
    if (each.capacity() == 0 || each.capacity() > largest_spare) continue;
    const std::lock_guard lock(mutex_);
    if (spare_.size() < most_spare) spare_.push_back(std::move(each));
  }
  taken_.clear();
}

void log_writer::write(std::string_view lines) {
  waiting_batches_.fetch_sub(1, std::memory_order_relaxed);
  file_.switch_over();
  auto failure = file_.write(lines);
  if (failure == std::errc::operation_canceled) {  // the pipe was full until another file took its place
    file_.switch_over();
    failure = file_.write(lines);
  }
  waiting_bytes_.fetch_sub(lines.size(), std::memory_order_relaxed);

  if (failure) {
    dropped_.fetch_add(count_lines(lines), std::memory_order_relaxed);
    if (!std::exchange(failing_, true)) {
      complain_("cannot write to the log " + path() + ": " + failure.message() +
                "; lines are lost until it works again");
    }
  } else if (std::exchange(failing_, false)) {
    dropped_when_told_ = dropped();
    complain_("the log " + path() + " can be written again; lines lost so far: " + std::to_string(dropped_when_told_));
  }
  if (was_full_.load(std::memory_order_relaxed)) complain_of_full_queue();
}

void log_writer::complain_of_full_queue() {
  const auto now = std::chrono::steady_clock::now();
  if (now < silent_until_) return;
  silent_until_ = now + std::chrono::seconds(10);
  was_full_.store(false, std::memory_order_relaxed);
  if (dropped() == dropped_when_told_) return;
  dropped_when_told_ = dropped();
  complain_("the log " + path() +
            " is written more slowly than lines come; lines lost so far: " + std::to_string(dropped_when_told_));
}

}  // namespace opslb
