// The pure decision after an attempt failed (contract 7): try again, and where, or answer, or cut. A request moves on only
// when it cannot have been acted on, or may safely be again.
#pragma once

#include "headers/message.hpp"
#include "proxy/failure.hpp"

namespace opslb {

enum class next_step : std::uint8_t {
  same_backend,     ///< a reused connection was dead: one new connection to the same backend
  another_backend,  ///< this one is tried; go on with the rest
  reply,            ///< answer with `status`
  cut,              ///< the response has begun: break it off
  drop,             ///< nobody is there to be answered
  done,             ///< nothing went wrong
};

struct judgement {
  next_step what = next_step::reply;
  unsigned status = 502;  ///< for next_step::reply
};

/// What of the request matters for the question.
struct attempt_facts {
  headers::method verb = headers::method::other;
  bool has_body = false;
  bool body_begun = false;  ///< body bytes were taken from the client, so they cannot be sent again
  bool reused = false;      ///< the connection had served before
};

judgement judge(const failure& what, const attempt_facts& facts);

}  // namespace opslb
