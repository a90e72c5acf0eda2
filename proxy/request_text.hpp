// What is kept of a request's head in the client's own words until its exchange is over: the head's bytes are gone by then.
// All in one piece, so that whoever keeps it longer copies once.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace opslb {

struct request_text {
  /// In this order, one behind the other.
  enum piece : std::size_t {
    method,
    target,
    host,
    user_agent,
    trace,    ///< the trace-id of W3C Trace Context
    dropped,  ///< names of the identity fields that the client sent and no backend gets, each after a space
    referer,
    pieces,
  };

  std::string_view all;
  std::array<std::uint32_t, pieces> sizes{};

  /// All pieces that make a line of the access log.
  struct logged {
    std::string_view method, target, host, user_agent, trace, referer;
  };
  logged for_log() const {
    const char* at = all.data();
    const auto take = [&](piece which) {
      const std::string_view text(at, sizes[which]);
      at += sizes[which];
      return text;
    };
    logged result{take(method), take(target), take(host), take(user_agent), take(trace), {}};
    take(dropped);
    result.referer = take(referer);
    return result;
  }
  std::string_view operator[](piece which) const {
    std::size_t begin = 0;
    for (std::size_t i = 0; i < which; ++i) begin += sizes[i];
    return all.substr(begin, sizes[which]);
  }
};

}  // namespace opslb
