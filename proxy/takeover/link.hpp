// One end of the connection between a process and its successor: messages with their bounds kept, and descriptors that
// travel with them. Never blocks but in wait(). One thread.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace opslb::takeover {

class link {
 public:
  /// Takes over a connected socket; -1: none yet.
  explicit link(int fd) : fd_(fd) {}
  ~link();
  link(link&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  link& operator=(link&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }

  /// Both ends, closed on exec. Throws std::system_error.
  static std::pair<link, link> make();
  /// Whether `fd` is what make() makes.
  static bool is_one(int fd);

  int descriptor() const { return fd_; }

  struct parcel {
    std::string text;
    std::vector<int> sockets;  ///< close on exec; the caller's
  };
  enum class state { received, nothing_yet, closed };

  /// False if the other end is gone, or takes no more.
  bool send(std::string_view text, std::span<const int> sockets = {}) const;
  /// The next message.
  state receive(parcel& into) const;
  /// Waits until there is something to receive; false if there is not by then.
  bool wait(std::chrono::milliseconds most) const;

  /// So many sockets fit into one message (SCM_MAX_FD).
  static constexpr std::size_t most_at_once = 253;

 private:
  int fd_;
};

}  // namespace opslb::takeover
