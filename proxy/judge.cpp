#include "proxy/judge.hpp"

namespace opslb {
namespace {

/// RFC 9110 9.2.2: may the request go out a second time although it was written once?
bool may_repeat(const attempt_facts& facts) {
  if (facts.body_begun) return false;
  if (headers::is_safe(facts.verb)) return true;
  return facts.reused && headers::is_idempotent(facts.verb);
}

judgement judge_death(attempt_phase phase, const attempt_facts& facts) {
  switch (phase) {
    case attempt_phase::connecting: return {next_step::another_backend, 502};
    case attempt_phase::nothing_written:
      if (facts.body_begun) return {next_step::reply, 502};
      return {facts.reused ? next_step::same_backend : next_step::another_backend, 502};
    case attempt_phase::written:
      if (!may_repeat(facts)) return {next_step::reply, 502};
      return {facts.reused ? next_step::same_backend : next_step::another_backend, 502};
    case attempt_phase::answering: return {next_step::reply, 502};
    case attempt_phase::passed_on: return {next_step::cut, 0};
  }
  return {};
}

}  // namespace

judgement judge(const failure& what, const attempt_facts& facts) {
  const bool begun = what.phase == attempt_phase::passed_on;
  const auto reply = [begun](unsigned status) {
    return begun ? judgement{next_step::cut, 0} : judgement{next_step::reply, status};
  };
  switch (what.cause) {
    case failure_cause::connect_failed:
    case failure_cause::connect_timed_out:
      return {facts.body_begun ? next_step::reply : next_step::another_backend, 502};
    case failure_cause::none: return {next_step::done, 0};
    case failure_cause::died: return judge_death(what.phase, facts);
    case failure_cause::not_http: return reply(502);
    case failure_cause::idle: return reply(504);
    case failure_cause::client_idle: return reply(408);
    case failure_cause::client_malformed: return reply(400);
    case failure_cause::client_too_large: return reply(413);
    case failure_cause::cut_by_us: return {next_step::cut, 0};
    case failure_cause::client_gone: return {next_step::drop, 0};
  }
  return {};
}

std::string_view to_text_of_failure(failure_cause cause) {
  switch (cause) {
    case failure_cause::none: break;
    case failure_cause::connect_failed: return "could not connect";
    case failure_cause::connect_timed_out: return "connect timeout";
    case failure_cause::died: return "backend closed the connection";
    case failure_cause::idle: return "idle timeout";
    case failure_cause::not_http: return "no valid HTTP response";
    case failure_cause::client_gone: return "client closed";
    case failure_cause::client_idle: return "client sent no body bytes";
    case failure_cause::client_malformed: return "malformed request body";
    case failure_cause::client_too_large: return "request body too large";
    case failure_cause::cut_by_us: return "cut by opslb";
  }
  return "";
}

}  // namespace opslb
