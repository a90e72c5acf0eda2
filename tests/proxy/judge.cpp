#include "proxy/judge.hpp"

#include <catch2/catch_all.hpp>
#include <string>
#include <vector>

using namespace opslb;
using headers::method;

namespace {

struct row {
  std::string about;
  failure what;
  attempt_facts facts;
  next_step expected;
  unsigned status = 0;
};

constexpr bool reused = true;
constexpr bool fresh = false;

attempt_facts without_body(method verb, bool on) { return {verb, false, false, on}; }
attempt_facts body_to_come(method verb, bool on) { return {verb, true, false, on}; }
attempt_facts body_begun(method verb, bool on) { return {verb, true, true, on}; }
failure died(attempt_phase phase) { return {failure_cause::died, phase, {}}; }

const std::vector<row> table{
    {"a connection that could not be made moves any request on",
     {failure_cause::connect_failed, attempt_phase::connecting, {}},
     without_body(method::post, fresh),
     next_step::another_backend},
    {"so does one that took too long to be made",
     {failure_cause::connect_timed_out, attempt_phase::connecting, {}},
     without_body(method::get, fresh),
     next_step::another_backend},
    {"a body that has begun cannot move on",
     {failure_cause::connect_failed, attempt_phase::connecting, {}},
     body_begun(method::put, fresh),
     next_step::reply,
     502},

    {"nothing written on a reused connection: a new one to the same backend, whatever the method",
     died(attempt_phase::nothing_written), body_to_come(method::post, reused), next_step::same_backend},
    {"nothing written on a new connection: the next backend", died(attempt_phase::nothing_written),
     without_body(method::post, fresh), next_step::another_backend},

    {"GET that died on a reused connection: a new one", died(attempt_phase::written), without_body(method::get, reused),
     next_step::same_backend},
    {"GET that died on a new connection: the next backend", died(attempt_phase::written),
     without_body(method::get, fresh), next_step::another_backend},
    {"HEAD likewise", died(attempt_phase::written), without_body(method::head, fresh), next_step::another_backend},
    {"OPTIONS likewise", died(attempt_phase::written), without_body(method::options, fresh),
     next_step::another_backend},
    {"PUT on a reused connection may be repeated", died(attempt_phase::written), body_to_come(method::put, reused),
     next_step::same_backend},
    {"DELETE on a reused connection may be repeated", died(attempt_phase::written),
     without_body(method::delete_, reused), next_step::same_backend},
    {"PUT on a new connection was written once: no more", died(attempt_phase::written),
     body_to_come(method::put, fresh), next_step::reply, 502},
    {"PUT whose body has begun is not repeated", died(attempt_phase::written), body_begun(method::put, reused),
     next_step::reply, 502},
    {"GET whose body has begun is not repeated", died(attempt_phase::written), body_begun(method::get, reused),
     next_step::reply, 502},
    {"POST that was written is never repeated", died(attempt_phase::written), without_body(method::post, reused),
     next_step::reply, 502},
    {"PATCH neither", died(attempt_phase::written), without_body(method::patch, reused), next_step::reply, 502},
    {"an unknown method neither", died(attempt_phase::written), without_body(method::other, reused), next_step::reply,
     502},

    {"an answer that has begun is not asked for again", died(attempt_phase::answering),
     without_body(method::get, reused), next_step::reply, 502},
    {"a response that has begun is broken off", died(attempt_phase::passed_on), without_body(method::get, reused),
     next_step::cut},

    {"a timeout is answered, never repeated",
     {failure_cause::idle, attempt_phase::written, {}},
     without_body(method::get, reused),
     next_step::reply,
     504},
    {"also where nothing was written",
     {failure_cause::idle, attempt_phase::nothing_written, {}},
     without_body(method::get, fresh),
     next_step::reply,
     504},
    {"a timeout in the response breaks it off",
     {failure_cause::idle, attempt_phase::passed_on, {}},
     without_body(method::get, fresh),
     next_step::cut},
    {"what is no HTTP is not asked for again",
     {failure_cause::not_http, attempt_phase::answering, {}},
     without_body(method::get, fresh),
     next_step::reply,
     502},
    {"a client that owes its body",
     {failure_cause::client_idle, attempt_phase::written, {}},
     body_begun(method::post, fresh),
     next_step::reply,
     408},
    {"a malformed body",
     {failure_cause::client_malformed, attempt_phase::written, {}},
     body_begun(method::post, fresh),
     next_step::reply,
     400},
    {"a body over the limit",
     {failure_cause::client_too_large, attempt_phase::written, {}},
     body_begun(method::post, fresh),
     next_step::reply,
     413},
    {"the same while the response runs",
     {failure_cause::client_too_large, attempt_phase::passed_on, {}},
     body_begun(method::post, fresh),
     next_step::cut},
    {"a client that is gone",
     {failure_cause::client_gone, attempt_phase::written, {}},
     without_body(method::get, fresh),
     next_step::drop},
    {"the end of a drain",
     {failure_cause::cut_by_us, attempt_phase::written, {}},
     without_body(method::get, fresh),
     next_step::cut},
    {"no failure",
     {failure_cause::none, attempt_phase::passed_on, {}},
     without_body(method::get, fresh),
     next_step::done},
};

}  // namespace

TEST_CASE("a request moves on only when it cannot have been acted on or may safely be again") {
  for (const row& each : table) {
    CAPTURE(each.about);
    const judgement judged = judge(each.what, each.facts);
    CHECK(judged.what == each.expected);
    if (each.expected == next_step::reply) CHECK(judged.status == each.status);
  }
}
