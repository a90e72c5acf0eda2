// The part of passage that answers instead of a backend: what is not for one, and what none could do.
#include <fmt/format.h>

#include "headers/target.hpp"
#include "health/outage.hpp"
#include "proxy/passage.hpp"
#include "proxy/reason_phrase.hpp"
#include "proxy/reply.hpp"

namespace opslb {

passage::own_business passage::own_business_in() const {
  const listener_config& listener = origin_.listener.settings;
  if (!listener.redirect_to.empty()) return own_business::redirect;
  const bool certified_only = listener.tls && listener.tls->client_certificate == client_certificate_mode::agents_only;
  if (certified_only && !origin_.secured.certified && headers::plain_path(facts_.target.origin).is_under("/agents/"))
    return own_business::no_certificate;
  // RFC 9110 7.6.2: with Max-Forwards: 0 the recipient answers itself.
  return facts_.max_forwards == 0 ? own_business::max_forwards : own_business::none;
}

task<> passage::answer_here(own_business what) {
  switch (what) {
    case own_business::none: break;
    case own_business::redirect: return redirect(origin_.listener.settings.redirect_to);
    case own_business::no_certificate:
      record_.end = "no client certificate";
      return answer(403, "this address is for MongoDB Agents that show a client certificate which is accepted here");
    case own_business::max_forwards: break;
  }
  return answer(200, {});
}

/// The same target at another origin, byte for byte.
task<> passage::redirect(std::string_view origin) {
  const headers::parsed_target& target = facts_.target;
  const bool names_nothing = target.form == headers::target_form::asterisk || target.origin == "*";
  own_answer what{308, {}, false, as_html_, false};
  what.location = fmt::format("{}{}{}", origin, target.prefix_slash || names_nothing ? "/" : "",
                              names_nothing ? std::string_view() : target.origin);
  what.detail = fmt::format("this service is at {}", origin);
  record_.end = "redirected";
  return answer(std::move(what));
}

task<> passage::answer_unavailable() {
  if (waiting_is_full_) {
    record_.end = "too many requests wait";
    co_await answer(503, "too many requests are waiting for an Ops Manager host", true);
    co_return;
  }
  if (picked_.result == upstream::pick_result::all_full) {
    record_.end = "all hosts full";
    co_await answer(503, "all Ops Manager hosts are busy and none became free in time", true);
    co_return;
  }
  if (picked_.result == upstream::pick_result::all_tried || tried_.any()) {
    co_await answer(502,
                    fmt::format("no Ops Manager host could be used for this request ({})",
                                last_failure_.detail.empty() ? to_text(last_failure_.cause) : last_failure_.detail));
    co_return;
  }
  record_.end = "no host up";
  std::vector<health::last_check> checks;
  for (const upstream::backend_slot& each : rules_->backends) checks.push_back(each.shared->health->why_out());
  co_await answer(503, health::describe_outage(checks, rules_->settings.health.path), true);
}

task<> passage::answer_failure(unsigned status) {
  std::string detail;
  switch (status) {
    case 400: detail = "the request body is malformed"; break;
    case 408: detail = "the request body did not arrive in time"; break;
    case 413:
      detail = fmt::format("the request body is larger than {} bytes", rules_->settings.limits.body_bytes);
      break;
    case 504:
      detail =
          fmt::format("the Ops Manager host did not answer within {} s", std::chrono::duration<double>(idle_).count());
      break;
    default:
      detail = fmt::format("the Ops Manager host gave no valid answer ({})",
                           last_failure_.detail.empty() ? to_text(last_failure_.cause) : last_failure_.detail);
  }
  return answer(status, std::move(detail));
}

task<> passage::answer(unsigned status, std::string detail, bool retry_after) {
  return answer({status, std::move(detail), retry_after, as_html_, false});
}

task<> passage::answer(own_answer what) {
  record_.status = static_cast<std::uint16_t>(what.status);
  if (record_.end.empty() && last_failure_.cause == failure_cause::none)
    record_.end = what.status == 200 ? "done" : reason_phrase(what.status);
  const reply_result sent = co_await reply(at_, client_, what, texts_->id, idle_);
  record_.body_out = sent.body_size;
  if (!sent.taken) last_failure_.cause = failure_cause::client_gone;
}

}  // namespace opslb
