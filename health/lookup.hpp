// Looks up one host's name, each time on a thread of its own: getaddrinfo blocks for as long as the resolver's settings
// say, cannot be cancelled, and one host's dead name server must not delay another host's check, as it would in Asio's
// single resolver thread. Used on the check loop's thread, one find() at a time. Internal to health/: includes Asio.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "headers/address.hpp"
#include "health/services.hpp"

namespace opslb::health {

enum class question : std::uint8_t { addresses, services };

/// What was asked for, or why there is none of it.
struct lookup_result {
  std::vector<headers::ip_address> addresses;  ///< the one to prefer first
  std::string error;
  std::vector<service> services{};  ///< all of one priority
};

class name_lookup {
 public:
  /// An address in `host` is its own answer, without a thread.
  name_lookup(boost::asio::io_context& io, std::string host, question what = question::addresses);
  ~name_lookup();
  name_lookup(const name_lookup&) = delete;
  name_lookup& operator=(const name_lookup&) = delete;

  /// May be cancelled; the look-up then goes on, and the next find() waits for the same one, so that a dead name server
  /// costs one thread and not one more with every check.
  boost::asio::awaitable<lookup_result> find();

  /// Nobody waits any more, and the event loop may end: a look-up in progress is left to end by itself.
  void abandon();

  const std::string& host() const { return host_; }

 private:
  struct search;

  void start();
  std::optional<lookup_result> take();

  boost::asio::io_context& io_;
  std::string host_;
  question what_;
  std::shared_ptr<boost::asio::steady_timer> bell_;  ///< never expires; cancelled when the search is over
  std::shared_ptr<search> search_;                   ///< the one in progress
};

}  // namespace opslb::health
