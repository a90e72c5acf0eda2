// Where one of the process's two logs has its writer, while it is open: opened, moved, reopened and closed by the main thread,
// used by any. A line that has got hold of the writer is written, whoever closes the log meanwhile.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "proxy/log_writer.hpp"

namespace opslb {

class log_slot {
 public:
  /// Moves the writer to `path`, or makes one where the log is closed. Throws std::runtime_error, and then nothing changes.
  void open(const std::string& path, const std::function<std::shared_ptr<log_writer>()>& make);
  /// Null while the log is closed.
  std::shared_ptr<log_writer> current() const;
  /// SIGUSR1: the same file under its name. A failure is logged; the old file stays in use.
  void reopen() const;
  /// Closes the log. Whoever lets go of the writer last waits for its thread.
  std::shared_ptr<log_writer> take();

 private:
  mutable std::mutex mutex_;  ///< guards `writer_`
  std::shared_ptr<log_writer> writer_;
};

}  // namespace opslb
