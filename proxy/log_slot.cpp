#include "proxy/log_slot.hpp"

#include <exception>
#include <utility>

#include "proxy/log.hpp"

namespace opslb {

void log_slot::open(const std::string& path, const std::function<std::shared_ptr<log_writer>()>& make) {
  const std::lock_guard lock(mutex_);
  if (writer_) {
    writer_->open(path);
  } else {
    writer_ = make();
  }
}

std::shared_ptr<log_writer> log_slot::current() const {
  const std::lock_guard lock(mutex_);
  return writer_;
}

void log_slot::reopen() const {
  const auto writer = current();
  if (!writer) return;
  try {
    writer->reopen();
  } catch (const std::exception& failure) {
    log::error("{}; the old file stays in use", failure.what());
  }
}

std::shared_ptr<log_writer> log_slot::take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(writer_, nullptr);
}

}  // namespace opslb
