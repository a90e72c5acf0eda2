// Takes finished log lines from any thread without ever blocking it, and writes them on a thread of its own: that of an
// asynchronous spdlog logger in front of one log_file. The lines themselves go past spdlog, which would copy them. What the queue
// has no room for is dropped and counted.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/line_batch.hpp"
#include "proxy/log_file.hpp"

namespace spdlog {
class async_logger;
namespace details {
class thread_pool;
}
}  // namespace spdlog

namespace opslb {

/// How much may wait for a writer: what a disk that stalls for some seconds needs at a few thousand requests a second.
struct log_queue {
  std::size_t batches = 4096;
  std::size_t bytes = 32 * 1024 * 1024;
};

class log_writer {
 public:
  /// Called on the writing thread, once when writing begins to fail and once when it works again; must not block.
  using complaint = std::function<void(const std::string&)>;

  /// Throws std::runtime_error if `path` cannot be opened.
  log_writer(const std::string& path, int standard_stream, complaint complain, log_queue queue = {});
  ~log_writer() { close(); }
  log_writer(const log_writer&) = delete;
  log_writer& operator=(const log_writer&) = delete;

  /// Any thread; whole lines, each with its newline. False if they had to be dropped. Empties `lines`, whose memory then is
  /// that of a batch which was written before.
  bool submit(line_batch& lines);
  /// The same with a copy of them.
  bool submit(std::string_view lines);
  /// Any thread. What was submitted before may still go to the old file. Throws std::runtime_error, and then nothing changes.
  void open(const std::string& path);
  void reopen();
  /// Writes out what is queued, as far as that goes within a second, and ends the thread.
  void close();
  std::string path() const { return file_.path(); }
  /// Lines lost so far, whether the queue was full or writing failed.
  std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }

 private:
  class sink;

  /// So many emptied batches wait to be filled again, one for each of as many workers, and none that became large.
  static constexpr std::size_t most_spare = 64;
  static constexpr std::size_t largest_spare = 256 * 1024;

  void write_all();
  void write(std::string_view lines);
  void complain_of_full_queue();

  log_file file_;
  const complaint complain_;
  const log_queue bounds_;
  std::atomic<std::uint64_t> dropped_{0};
  std::atomic<std::size_t> waiting_batches_{0};
  std::atomic<std::size_t> waiting_bytes_{0};
  std::atomic<bool> was_full_{false};

  std::mutex mutex_;  ///< guards what follows, each time for a few pointers
  std::vector<line_batch> waiting_;
  std::vector<line_batch> spare_;

  // The writing thread's.
  std::vector<line_batch> taken_;
  bool failing_ = false;
  std::uint64_t dropped_when_told_ = 0;
  std::chrono::steady_clock::time_point silent_until_{};

  std::shared_ptr<spdlog::details::thread_pool> thread_;
  std::shared_ptr<spdlog::async_logger> logger_;
};

}  // namespace opslb
