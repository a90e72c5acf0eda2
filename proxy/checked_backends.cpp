#include "proxy/checked_backends.hpp"

#include "proxy/lasting_name.hpp"
#include "proxy/news.hpp"
#include "proxy/proxy_protocol.hpp"

namespace opslb {
namespace {

/// How the checks speak TLS to a backend: as requests do, in a context of their own.
health::tls_client tls_for_checks(std::shared_ptr<const generation> of, const backend_config& backend) {
  health::tls_client result;
  result.begin = [of = std::move(of), host = backend.tls_name, port = backend.port] {
    tls::ssl_ptr session = of->backend_tls.back()->new_session(host, port);
    // A session that is resumed shows no certificate (RFC 8446 2.2), and whether that is in order a check has to find out.
    SSL_set_session(session.get(), nullptr);
    return session.release();
  };
  result.why_failed = [](const SSL& session, unsigned long code) {
    return tls::why_failed(session, code == 0 ? std::string() : tls::error_text(code));
  };
  result.close_notify = tls::close_notify_of;
  return result;
}

}  // namespace

std::vector<std::shared_ptr<upstream::backend>> backends_for(const config& settings, const generation* before,
                                                             std::size_t workers) {
  std::vector<std::shared_ptr<upstream::backend>> result;
  for (const backend_config& each : settings.backends) {
    std::shared_ptr<upstream::backend> found;
    for (std::size_t i = 0; before != nullptr && i < before->backends.size(); ++i) {
      const upstream::backend_slot& old = before->backends[i];
      if (old.settings.name == each.name && old.settings.host == each.host && old.settings.port == each.port)
        found = old.shared;
    }
    if (!found) {
      found = std::make_shared<upstream::backend>(workers);
      found->name = each.name;
      found->lasting_name = lasting_name(each.name);
    }
    result.push_back(std::move(found));
  }
  return result;
}

std::vector<health::target> targets_of(const std::shared_ptr<const generation>& of) {
  std::vector<health::target> result;
  for (const upstream::backend_slot& each : of->backends) {
    const backend_config& settings = each.settings;
    result.push_back({each.shared->health, settings.name, settings.host, settings.port, settings.authority, {}});
    if (settings.tls) result.back().tls = tls_for_checks(of, settings);
  }
  return result;
}

health::check_settings checks_of(const config& settings) {
  health::check_settings result;
  result.path = settings.health.path;
  result.interval = settings.health.interval;
  result.timeout = settings.health.timeout;
  result.rise = settings.health.rise;
  result.fall = settings.health.fall;
  result.preamble = proxy_protocol::write(settings.send_proxy_protocol, std::nullopt);
  result.manifest_path = "/api/public/v1.0/unauth/versionManifest";
  result.user_agent = "opslb-health/" OPSLB_VERSION;
  return result;
}

void log_event(const health::event& event) {
  news::tell(event.warning ? log_level::warning : log_level::info, event.text);
}

}  // namespace opslb
