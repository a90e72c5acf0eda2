#include "proxy/client_connection.hpp"

#include "proxy/log.hpp"

namespace opslb {

listener_info::listener_info(listener_config of, tls_contexts contexts)
    : settings(std::move(of)),
      tls(std::move(contexts)) {
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
