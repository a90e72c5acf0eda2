// Carries a body from one plain connection to another inside the kernel, by splice(2): no byte of it is copied or seen. For the
// relay, where both ends allow it: Content-Length or up to the FIN on both sides, no TLS, not HTTP/2. One thread.
#pragma once

#include <cstdint>

#include "proxy/exchange.hpp"
#include "proxy/loop_parts.hpp"
#include "proxy/pipe.hpp"

namespace opslb {

/// Why carrying ended, if there was a reason other than that no more can be carried this way.
struct carried {
  body_error source = body_error::none;
  io_error sink = io_error::none;
  bool failed() const { return source != body_error::none || sink != io_error::none; }
};

/// True if both ends are plain connections and so much of the body is still to come that it pays.
bool can_splice(body_source& from, body_sink& to);

/// After can_splice(). If it did not fail and the body is not done, read() has to say what comes next: a FIN, or bytes that
/// the kernel does not carry. A long body of a known length is taken in large pieces as long as it comes fast; one that does not
/// waits once for at most three ticks of the wheel. `count` counts what went out; `waits` is true while nothing comes.
task<carried> splice(loop_parts at, pipe_pool& pipes, body_source& from, body_sink& to, std::uint64_t& count,
                     bool& waits);

}  // namespace opslb
