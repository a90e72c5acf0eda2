// /api/public/v1.0: the REST API. HTTP Digest, and an access list for the client address, which Ops Manager takes from what
// its load balancer says.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "tests/support/simulator/digest_auth.hpp"
#include "tests/support/simulator/routes.hpp"

namespace opslb::simulator {
namespace {

std::int64_t now() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

bool on_access_list(const exchange& e) {
  const auto& list = e.ops.wanted().access_list;
  return list.empty() || std::any_of(list.begin(), list.end(),
                                     [&](const network& block) { return contains(block, e.believed.client); });
}

}  // namespace

awaitable<void> answer_version_manifest(exchange& e) {
  return send(e, json_answer({{"version", e.ops.version()}, {"versions", nlohmann::json::array()}}));
}

awaitable<void> answer_public_api(exchange& e) {
  const auto verdict = check_digest(e.head, e.ops.wanted().api_keys, now());
  if (verdict != digest_verdict::right) {
    auto refusal = api_error(401, "UNAUTHORIZED", "You are not authorized for this resource.");
    refusal.headers = "WWW-Authenticate: " + digest_challenge(now(), verdict == digest_verdict::stale) + "\r\n";
    return send(e, std::move(refusal));
  }
  if (!on_access_list(e)) {
    return send(e, api_error(403, "IP_ADDRESS_NOT_ON_ACCESS_LIST",
                             "IP address " + e.believed.client + " is not allowed to access this resource.",
                             e.believed.client));
  }
  return send(e, json_answer({{"links", nlohmann::json::array()},
                              {"results", nlohmann::json::array()},
                              {"totalCount", 0},
                              {"method", e.head.method},
                              {"target", e.head.target},
                              {"client", e.believed.client}}));
}

}  // namespace opslb::simulator
