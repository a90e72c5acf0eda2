// /agents/…: what MongoDB Agents ask for. They identify themselves with HTTP Basic, the group's id as user name and the
// agent key as password, and post samples compressed.
#include <nlohmann/json.hpp>

#include "tests/support/simulator/digest.hpp"
#include "tests/support/simulator/routes.hpp"

namespace opslb::simulator {
namespace {

/// The group id and key of a good `Authorization: Basic`; nothing otherwise.
std::optional<std::string> authenticated_group(const exchange& e) {
  const auto value = e.head.header("Authorization");
  if (value.size() < 6 || !same_name(value.substr(0, 6), "Basic ")) return std::nullopt;
  const auto credentials = from_base64(without_blanks(value.substr(6)));
  if (!credentials) return std::nullopt;
  const auto colon = credentials->find(':');
  if (colon == 0 || colon == std::string::npos) return std::nullopt;

  auto group = credentials->substr(0, colon);
  const auto key = credentials->substr(colon + 1);
  const auto& known = e.ops.wanted().agent_keys;
  const auto entry = known.find(group);
  const bool right = known.empty() ? !key.empty() : entry != known.end() && entry->second == key;
  return right ? std::optional{group} : std::nullopt;
}

/// The {group} of /agents/api/automation/conf/v1/{group}; empty where the path has none.
std::string_view group_in_path(std::string_view path) {
  const auto version = path.find("/v1/");
  if (version == std::string_view::npos) return {};
  const auto rest = path.substr(version + 4);
  return rest.substr(0, rest.find('/'));
}

answer conf_of(const exchange& e, std::string_view group) {
  // An agent polls every few seconds for a plan that seldom changes.
  const auto tag = '"' + sha256_hex(std::string{group} + e.ops.version()).substr(0, 16) + '"';
  answer result = json_answer({{"cluster", {{"version", 1}, {"processes", nlohmann::json::array()}}},
                               {"group", group},
                               {"agentHost", parameter(e.head, "ah").value_or("")},
                               {"agentVersion", parameter(e.head, "av").value_or("")},
                               {"agentOs", parameter(e.head, "aos").value_or("")}});
  result.headers = "ETag: " + tag + "\r\n";
  if (lists(e.head.header("If-None-Match"), tag)) result.status = 304;
  return result;
}

answer read_answer(const exchange& e, std::string_view group) {
  const auto asks_for = [&](std::string_view what) { return e.head.path.find(what) != std::string_view::npos; };
  if (asks_for("/conf/")) return conf_of(e, group);
  if (asks_for("/jobs/")) return json_answer({{"jobs", nlohmann::json::array()}});
  if (asks_for("/settings/")) {
    return json_answer({{"settings", {{"confPollIntervalSeconds", 10}, {"logLevel", "INFO"}}}});
  }
  return json_answer({{"ok", true}});
}

struct posted {
  std::uint64_t bytes = 0;
  std::string sha256;
  std::string start;  ///< the first two bytes
};

answer posted_answer(const exchange& e, const posted& what) {
  const bool gzip = same_name(e.head.header("Content-Encoding"), "gzip");
  if (gzip && what.start != "\x1f\x8b") {
    return api_error(400, "INVALID_GZIP", "The body is not what its Content-Encoding says.");
  }
  return json_answer({{"ok", true}, {"bytes", what.bytes}, {"sha256", what.sha256}, {"gzip", gzip}});
}

answer wrong_key() {
  auto refusal = api_error(401, "UNAUTHORIZED", "The group id and the agent key do not match.");
  refusal.headers = "WWW-Authenticate: Basic realm=\"MMS Agents\"\r\n";
  return refusal;
}

awaitable<void> take_post(exchange& e) {
  posted what;
  sha256_sum sum;
  while (true) {
    const auto piece = co_await e.body.next();
    if (piece.empty()) break;
    if (what.start.size() < 2) what.start += piece.substr(0, 2 - what.start.size());
    what.bytes += piece.size();
    sum.add(piece);
  }
  if (!e.body.complete()) {
    e.keep_alive = false;
    co_return;
  }
  what.sha256 = sum.hex();
  co_await send(e, posted_answer(e, what));
}

}  // namespace

awaitable<void> answer_agent(exchange& e) {
  const auto group = authenticated_group(e);
  const auto asked = group_in_path(e.head.path);
  if (!group || (!asked.empty() && asked != *group)) return send(e, wrong_key());
  if (e.head.method == "POST" || e.head.method == "PUT") return take_post(e);
  return send(e, read_answer(e, *group));
}

}  // namespace opslb::simulator
