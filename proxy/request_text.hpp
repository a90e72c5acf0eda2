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

  bool has(piece which) const { return sizes[which] != 0; }
  /// Empty, where there is none.
  [[gnu::always_inline]] std::string_view operator[](piece which) const {
    if (!has(which)) return {};
    const char* begin = all.data();
    for (std::size_t i = 0; i < which; ++i) begin += sizes[i];
    return {begin, sizes[which]};
  }
};

}  // namespace opslb
