// One request of a command to the admin endpoint of a running process: connect, ask, read the answer, close. Waits, at most
// as long as it says.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "proxy/command/place.hpp"
#include "proxy/config_outcome.hpp"

namespace opslb::command {

struct reply {
  unsigned status = 0;
  std::string body;

  bool is_good() const { return status / 100 == 2; }
  /// The "detail" of an error, else the body's first line; without control bytes.
  std::string detail() const;
};

/// How long a whole call may take. The endpoint itself gives up after 2 s.
inline constexpr std::chrono::seconds call_time{5};

/// `wrong` is a whole sentence: nobody listens there, or what does is no opslb.
outcome<reply> call(const place& where, std::string_view method, std::string_view target, std::string_view body = {});

/// Text from elsewhere, without what could steer a terminal.
std::string printable(std::string_view text);

/// A name as a segment of a path (RFC 3986 3.3).
std::string percent_encode(std::string_view name);

}  // namespace opslb::command
