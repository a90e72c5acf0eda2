#include "proxy/generation.hpp"

#include <algorithm>

#include "headers/target.hpp"

namespace opslb {

generation::generation(config from, std::vector<std::shared_ptr<upstream::backend>> shared)
    : settings(std::move(from)),
      chooser(settings.balance, settings.health.slow_start, settings.health.pass_when_none_up),
      // Without slow start, in which a client would be sent now here, now there.
      by_source(balance_rule::source_ip, milliseconds(0), settings.health.pass_when_none_up) {
  for (std::size_t i = 0; i < shared.size(); ++i) {
    backends.push_back({std::move(shared[i]), settings.backends[i]});
    bounded = bounded || settings.backends[i].max_requests != 0;
  }
  forwarding.client_ip_header = settings.forwarded.client_ip_header;
  forwarding.trusted_proxies = settings.forwarded.trusted_proxies;
  forwarding.server_name = settings.forwarded.server_name;
  request_limits = {settings.limits.head_bytes, settings.limits.target_bytes, settings.limits.header_count};
  response_limits = {settings.limits.response_head_bytes, 0, 0};
}

generation::generation(config from, std::vector<std::shared_ptr<upstream::backend>> shared, std::size_t workers)
    : generation(std::move(from), std::move(shared)) {
  if (!settings.backend_tls.used) return;
  for (std::size_t i = 0; i <= workers; ++i) {
    backend_tls.push_back(std::make_shared<tls::client_context>(settings.backend_tls));
  }
}

generation::generation(config from, std::vector<std::shared_ptr<upstream::backend>> shared, const generation& before)
    : generation(std::move(from), std::move(shared)) {
  backend_tls = before.backend_tls;
}

milliseconds generation::idle_for(std::string_view origin_target) const {
  if (settings.timeouts.idle_for.empty()) return settings.timeouts.idle;
  const headers::plain_path path(origin_target);
  for (const idle_rule& rule : settings.timeouts.idle_for) {
    if (path.is_under(rule.prefix)) return rule.idle;
  }
  return settings.timeouts.idle;
}

bool generation::has(const upstream::backend& which) const {
  return std::any_of(backends.begin(), backends.end(), [&](const auto& slot) { return slot.shared.get() == &which; });
}

}  // namespace opslb
