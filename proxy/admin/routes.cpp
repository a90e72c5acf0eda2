#include "proxy/admin/routes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string>

#include "proxy/admin/lookup_json.hpp"
#include "proxy/admin/metrics_text.hpp"
#include "proxy/admin/page.hpp"
#include "proxy/admin/path_pattern.hpp"
#include "proxy/admin/report_json.hpp"

namespace opslb::admin {
namespace {

using boost::asio::awaitable;
using headers::method;

/// `named`: what stands in the path where its pattern has a star.
struct question {
  const request& asked;
  std::string named;
};

answer no_answer() { return refusal(503, "the process is too busy to say; look into its log"); }

answer text(unsigned status, std::string_view line) {
  return {.status = status, .type = "text/plain; charset=utf-8", .body = fmt::format("{}\n", line)};
}

awaitable<answer> tell_life(site& at, question) {
  const std::function<bool()> lives_so = [] { return true; };
  const auto lives = co_await ask(at, lives_so);
  co_return lives ? text(200, "ok") : no_answer();
}

awaitable<answer> tell_readiness(site& at, question) {
  const auto how = co_await ask(at, at.server.is_ready);
  co_return how ? text(how->ready ? 200 : 503, how->reason) : no_answer();
}

awaitable<answer> tell_status(site& at, question) {
  const auto all = co_await ask(at, at.server.take_report);
  co_return all ? answer{.body = to_json(*all)} : no_answer();
}

awaitable<answer> tell_metrics(site& at, question) {
  const auto all = co_await ask(at, at.server.take_report);
  co_return all ? answer{.type = "text/plain; version=0.0.4; charset=utf-8", .body = metrics_text(*all)} : no_answer();
}

awaitable<answer> tell_history(site& at, question) { co_return answer{.body = to_json(at.past)}; }

/// The page in place of what `out` said.
answer with_page(answer out) {
  out.type = "text/html; charset=utf-8";
  out.body = page();
  out.policy = page_policy();
  return out;
}

awaitable<answer> tell_agents(site& at, question) {
  const auto all = co_await ask(at, at.server.agents);
  co_return all ? answer{.body = to_json(*all)} : no_answer();
}

awaitable<answer> tell_request(site& at, question what) {
  const std::function<void(std::function<void(found_requests)>)> search =
      [&server = at.server, id = what.named](const std::function<void(found_requests)>& bring) {
        server.find_requests(id, bring);
      };
  const auto found = co_await ask_for<found_requests>(at, search);
  if (!found) co_return no_answer();
  co_return found->requests.empty() ? refusal(404, why_not_found(*found)) : answer{.body = to_json(*found)};
}

awaitable<answer> show_page(site&, question) { co_return with_page({}); }

/// What a change came to, with the report of the moment behind it.
struct changed {
  change_result result;
  report now;
};

answer to_answer(const changed& what, const std::string& name) {
  switch (what.result.what) {
    case change_result::kind::unknown: return refusal(404, what.result.detail);
    case change_result::kind::refused: return refusal(409, what.result.detail);
    case change_result::kind::done: break;
  }
  const auto& all = what.now.backends;
  const auto found = std::find_if(all.begin(), all.end(), [&](const backend& each) { return each.name == name; });
  // It is not there at the moment, or any more.
  return {.body = found == all.end() ? to_json(what.result.detail) : to_json(*found, what.result.detail)};
}

awaitable<answer> change(site& at, std::string name, std::function<change_result()> how) {
  const std::function<changed()> change_and_look = [&server = at.server, how] {
    change_result result = how();
    return changed{std::move(result), server.take_report()};
  };
  const auto what = co_await ask(at, change_and_look);
  co_return what ? to_answer(*what, name) : no_answer();
}

/// What the body of a drain says: nothing, or {"force": true}. Nothing: it is something else.
std::optional<bool> wants_force(std::string_view body) {
  if (body.empty()) return false;
  const auto said = nlohmann::json::parse(body, nullptr, false);
  if (!said.is_object()) return std::nullopt;
  bool force = false;
  for (const auto& [key, value] : said.items()) {
    if (key != "force" || !value.is_boolean()) return std::nullopt;
    force = value.get<bool>();
  }
  return force;
}

awaitable<answer> begin_drain(site& at, question what) {
  const auto force = wants_force(what.asked.body);
  if (!force) co_return refusal(400, R"(the body must be empty or {"force": true})");
  const std::function<change_result()> how = [&server = at.server, name = what.named, force = *force] {
    return server.drain(name, force);
  };
  answer out = co_await change(at, what.named, how);
  co_return out;
}

awaitable<answer> end_drain(site& at, question what) {
  const std::function<change_result()> how = [&server = at.server, name = what.named] { return server.ready(name); };
  answer out = co_await change(at, what.named, how);
  co_return out;
}

struct route {
  std::string_view path;
  method verb;
  secrecy protects;
  awaitable<answer> (*respond)(site&, question);
};

constexpr auto routes = std::to_array<route>({
    {"/", method::get, secrecy::guarded, show_page},
    {"/healthz", method::get, secrecy::open, tell_life},
    {"/readyz", method::get, secrecy::open, tell_readiness},
    {"/metrics", method::get, secrecy::guarded, tell_metrics},
    {"/api/v1/status", method::get, secrecy::guarded, tell_status},
    {"/api/v1/history", method::get, secrecy::guarded, tell_history},
    {"/api/v1/agents", method::get, secrecy::guarded, tell_agents},
    {"/api/v1/requests/*", method::get, secrecy::guarded, tell_request},
    {"/api/v1/backends/*/drain", method::post, secrecy::changing, begin_drain},
    {"/api/v1/backends/*/ready", method::post, secrecy::changing, end_drain},
});

answer not_allowed(const route& here) {
  answer out = refusal(405, here.verb == method::post ? "this path takes POST" : "this path takes GET");
  out.allow = here.verb == method::post ? "POST" : "GET, HEAD";
  return out;
}

}  // namespace

awaitable<answer> respond(site& at, const gate& entrance, const request& asked) {
  std::string named;
  const auto* const here = std::find_if(routes.begin(), routes.end(),
                                        [&](const route& each) { return matches(each.path, asked.path(), named); });
  const bool is_known = here != routes.end();
  auto refused = objection(entrance, asked, is_known ? here->protects : secrecy::guarded);
  if (refused) {
    // A browser that has no token yet gets the page, which is no secret and asks for it.
    if (refused->status == 401 && is_known && here->respond == show_page) refused = with_page(std::move(*refused));
    co_return std::move(*refused);
  }
  if (!is_known) co_return refusal(404, "there is nothing at this path; see / for the status page");
  const bool is_right = asked.head.verb == here->verb || (here->verb == method::get && asked.head.verb == method::head);
  if (!is_right) co_return not_allowed(*here);
  const question what{asked, named};
  answer out = co_await here->respond(at, what);
  co_return out;
}

}  // namespace opslb::admin
