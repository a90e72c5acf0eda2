// One connection to the admin endpoint: HTTP/1 requests, one after the other. Endpoint's thread.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <chrono>
#include <string>

#include "proxy/admin/site.hpp"

namespace opslb::admin {

// What a client may take. The data path's limits are the administrator's choice; here nobody needs more.
inline constexpr std::size_t most_head_bytes = 16 * 1024;
inline constexpr std::size_t most_body_bytes = 64 * 1024;
inline constexpr std::chrono::seconds head_time{10};     ///< for a request's head, and for its body
inline constexpr std::chrono::seconds idle_time{30};     ///< between two requests, and for an answer to be taken
inline constexpr std::chrono::seconds farewell_time{2};  ///< for the client to close after the last answer

class session {
 public:
  using time = std::chrono::steady_clock::time_point;

  /// Takes over a connected, non-blocking socket; where it throws, that stays with the caller.
  session(site& at, int fd);

  /// Ends with the connection.
  boost::asio::awaitable<void> run();

  /// When what the client is to do now has to be done; it is cut then.
  time due() const { return due_; }
  /// Since when opslb waits for the client; nothing while the client waits for opslb, or once it is cut.
  std::optional<time> waits_since() const { return waits_since_; }
  void cut();
  /// Its socket is not listened on any more: it ends after the answer that is due, at once if none is any more.
  void leave();

 private:
  enum class reading : std::uint8_t { complete, refused, over };

  boost::asio::awaitable<reading> read_request();
  boost::asio::awaitable<bool> read_more();
  boost::asio::awaitable<bool> write(std::string bytes);
  boost::asio::awaitable<void> take_leave();
  void wait_for_client(std::chrono::seconds at_most);

  site& at_;
  std::shared_ptr<const gate> entrance_;
  boost::asio::posix::stream_descriptor socket_;
  std::string bytes_;      ///< received and not done with; its memory never moves
  std::size_t taken_ = 0;  ///< of that, by the request at hand
  request asked_;
  answer refused_;
  bool rests_ = true;  ///< nothing of a request has come
  bool has_answered_ = false;
  bool leaving_ = false;
  time due_;
  std::optional<time> waits_since_;
};

}  // namespace opslb::admin
