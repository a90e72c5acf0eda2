#include "proxy/client_connection.hpp"

#include "proxy/lasting_name.hpp"
#include "proxy/log.hpp"

namespace opslb {

listener_info::listener_info(listener_config of, tls_contexts contexts, std::size_t workers)
    : listener_info(std::move(of), std::move(contexts), std::make_shared<per_worker<listener_counts>>(workers),
                    std::make_shared<std::atomic<bool>>(false)) {}

listener_info::listener_info(listener_config of, tls_contexts contexts, shared_counts counts, shared_end gone)
    : settings(std::move(of)),
      lasting_name(opslb::lasting_name(settings.name)),
      tls(std::move(contexts)),
      counts_(std::move(counts)),
      gone_(std::move(gone)) {
  if (settings.tls && settings.tls->hsts > 0s) hsts = fmt::format("max-age={}", settings.tls->hsts.count());
}

void refuse_connection(client_connection& client, refused_connection why, std::string_view detail) {
  static std::array<log::rate_limit, static_cast<std::size_t>(refused_connection::count_of_reasons)> limits;
  const auto reason = static_cast<std::size_t>(why);
  ++client.at.counts.refused[reason];
  std::uint64_t left_out = 0;
  if (!limits[reason].allows(left_out)) return;
  log::warning("connection refused: {}{}{} peer={} listener={} suppressed={}", to_text(why), detail.empty() ? "" : ": ",
               detail, client.peer.client.to_string(), client.listener->settings.name, left_out);
}

}  // namespace opslb
