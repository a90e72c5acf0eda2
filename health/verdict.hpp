// What the end of one check means: the verdict that counts, and the words in which it is reported. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "health/standing.hpp"

namespace opslb::health {

/// How a check ended. All but `answered` are "no answer" in the sense of contract 6.
enum class ending : std::uint8_t {
  unchecked,      ///< there was no check yet
  answered,       ///< with an HTTP status
  unresolved,     ///< the name could not be looked up
  refused,        ///< nothing listens there
  no_connection,  ///< the timeout ran out before the connection stood
  no_answer,      ///< the timeout ran out before the answer's head was complete
  reset,          ///< the connection was reset
  closed,         ///< the connection was closed before the answer's head was complete
  garbled,        ///< something came that opslb could not read as an HTTP response
  insecure,       ///< TLS did not come about
  failed,         ///< any other error of the network
  drained,        ///< no check at all: the host was taken out of rotation, whatever it answers
};

struct outcome {
  ending how = ending::unchecked;
  unsigned status = 0;  ///< `answered` only
  std::string detail;   ///< the reason phrase, why TLS failed, what the system calls the error, …; may be empty
};

verdict judge(const outcome& what);

/// "answered 200", "answered 500 Internal Server Error", "connection refused", "no answer within 3s", … The reason
/// phrase is the backend's own, so whatever is not printable ASCII in it is left out. `host` is the name that was
/// looked up.
std::string describe(const outcome& what, std::string_view host, std::chrono::milliseconds timeout);

/// As in the configuration: "3s", "500ms", "2m".
std::string describe(std::chrono::milliseconds configured);

}  // namespace opslb::health
