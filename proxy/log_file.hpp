// One place that log lines go to: a file that can be opened again under its name, or a standard stream that this process was
// given. Writing never waits without end, and a failure costs lines, never the process: it is returned to the caller.
#pragma once

#include <atomic>
#include <chrono>
#include <mutex>
#include <string>
#include <string_view>
#include <system_error>

namespace opslb {

class log_file {
 public:
  /// `path` "-" stands for `standard_stream` (1 or 2), which is neither opened nor closed here. Throws
  /// std::runtime_error with a sentence for the operator.
  log_file(const std::string& path, int standard_stream);
  ~log_file();
  log_file(const log_file&) = delete;
  log_file& operator=(const log_file&) = delete;

  /// Any thread. Opens `path` now and leaves it for the writing thread to switch to before its next line. Throws like the
  /// constructor, and then nothing changes.
  void open(const std::string& path);
  std::string path() const;

  /// The writing thread's. Closes what open() has replaced.
  void switch_over();
  /// The writing thread's. Waits for a full pipe for as long as it is not giving up.
  std::error_code write(std::string_view lines);
  /// Any thread. From `grace` from now on, write() waits no more.
  void give_up_after(std::chrono::milliseconds grace);

 private:
  std::error_code write_all(std::string_view& rest);
  std::error_code wait_for_room();

  const int standard_stream_;
  int descriptor_ = -1;  ///< the writing thread's, once it runs
  bool regular_ = false;
  bool torn_ = false;  ///< the last write ended within a line
  std::atomic<std::chrono::steady_clock::rep> gives_up_at_;

  mutable std::mutex mutex_;  ///< guards what follows
  std::string path_;
  int next_ = -1;
};

}  // namespace opslb
