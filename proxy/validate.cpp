#include "proxy/validate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <string_view>

#include "headers/characters.hpp"
#include "proxy/config_findings.hpp"
#include "proxy/config_units.hpp"
#include "proxy/config_values.hpp"
#include "proxy/parse.hpp"

namespace opslb {
namespace {

constexpr std::size_t most_listeners = 64;
constexpr std::size_t most_backends = 64;  // workers keep sets of them in one machine word

std::string path_in(std::string_view list, std::size_t index, std::string_view key) {
  return json::path_to(json::path_to(list, index), key);
}

// Reports every value of `key` in `list` that an earlier item has already.
class uniqueness {
 public:
  uniqueness(std::string_view list, std::string_view key, findings& found) : list_(list), key_(key), found_(found) {}

  /// False if `value` is taken, which is an error then.
  bool claim(std::size_t index, const std::string& value, std::string_view advice) {
    const auto [first, is_new] = first_with_.emplace(value, index);
    if (!is_new) {
      found_.error(path_in(list_, index, key_), fmt::format("{} is used by {} already; {}", json::quoted(value),
                                                            json::path_to(list_, first->second), advice));
    }
    return is_new;
  }

 private:
  std::string_view list_;
  std::string_view key_;
  findings& found_;
  std::map<std::string, std::size_t> first_with_;
};

bool redirects(const listener_config& listener) { return !listener.redirect_to.empty(); }

void validate_counts(const config& c, findings& found) {
  if (c.listeners.empty() && !found.has_error("listeners")) {
    found.error("listeners", R"(give at least one listener, such as {"bind": "0.0.0.0:8080"})");
  }
  const bool all_redirect = !c.listeners.empty() && std::all_of(c.listeners.begin(), c.listeners.end(), redirects);
  if (c.backends.empty() && !all_redirect && !found.has_error("backends")) {
    found.error("backends", R"(give at least one backend, such as {"url": "http://ops1.example.com:8080"})");
  }
  if (c.listeners.size() > most_listeners)
    found.error("listeners", fmt::format("may have at most {} entries", most_listeners));
  if (c.backends.size() > most_backends)
    found.error("backends", fmt::format("may have at most {} entries", most_backends));
}

// What a listener takes of the machine's addresses: "[::]" is dual stack, so 0.0.0.0 is within it.
std::string claimed(const headers::endpoint& bind) {
  const auto text = bind.to_string();
  return text == fmt::format("0.0.0.0:{}", bind.port) ? fmt::format("[::]:{}", bind.port) : text;
}

void validate_binds(const std::vector<listener_config>& listeners, findings& found) {
  std::map<std::string, std::size_t> taken;
  for (std::size_t i = 0; i < listeners.size(); ++i) {
    const auto& bind = listeners[i].bind;
    if (bind.port == 0) continue;  // unreadable, or another free port each time
    const auto [first, is_new] = taken.emplace(claimed(bind), i);
    if (is_new) continue;
    const auto& other = listeners[first->second].bind;
    const auto* why = other == bind ? "" : R"( ("[::]" takes IPv4 connections, too))";
    found.error(path_in("listeners", i, "bind"),
                fmt::format("{} is bound by {} already{}; choose another port", json::quoted(bind.to_string()),
                            json::path_to("listeners", first->second), why));
  }
}

void validate_proxy_protocol(const listener_config& l, std::size_t index, findings& found) {
  const auto from = path_in("listeners", index, "proxy_protocol_from");
  const auto others = path_in("listeners", index, "proxy_protocol_others");
  const auto advice = R"(has no effect without "proxy_protocol": true; add that or remove this key)";
  if (!l.proxy_protocol) {
    if (!l.proxy_protocol_from.empty()) found.warning(from, advice);
    if (l.proxy_protocol_others_direct) found.warning(others, advice);
  } else if (l.proxy_protocol_from.empty()) {
    if (l.proxy_protocol_others_direct)
      found.error(others, R"("direct" needs "proxy_protocol_from": without it no peer is outside)");
    found.warning(
        path_in("listeners", index, "proxy_protocol"),
        R"(every peer may say which client it speaks for; list the load balancers in front in "proxy_protocol_from")");
  }
}

void validate_tls(const listener_config& l, std::size_t index, findings& found) {
  if (!l.tls) return;
  const auto key = [&](std::string_view name) { return json::path_to(path_in("listeners", index, "tls"), name); };
  const auto mode = l.tls->client_certificate;
  if (l.tls->client_ca.empty()) {
    if (mode != client_certificate_mode::none && !found.has_error(key("client_ca")))
      found.error(key("client_certificate"),
                  R"(needs "client_ca", the file with the CA certificates that sign the clients' certificates)");
    if (!l.tls->crl.empty())
      found.error(key("crl"), R"(needs "client_ca", the file with the CA certificates that sign this list)");
  } else if (mode == client_certificate_mode::none) {
    found.warning(key("client_ca"),
                  R"(has no effect with "client_certificate": "none"; set that to "agents_only" or "required")");
  }
  if (redirects(l) && mode == client_certificate_mode::agents_only)
    found.warning(key("client_certificate"), R"("agents_only" has no effect beside "redirect_to", which needs none)");
}

// Back to the very address that it stands on, or to what might be it.
void validate_redirect(const listener_config& l, std::size_t index, findings& found) {
  if (!redirects(l)) return;
  const auto path = path_in("listeners", index, "redirect_to");
  const auto to = split_origin(l.redirect_to);
  if (to.port != l.bind.port || to.tls != l.tls.has_value()) return;
  const auto address = headers::ip_address::parse(to.host);
  if (address && *address == l.bind.address) {
    found.error(path, "leads back to this very listener; write the origin that users shall go to");
  } else {
    found.warning(path, fmt::format("leads to the port that this listener has itself; unless {} is another machine, "
                                    "clients go in circles",
                                    json::quoted(to.host)));
  }
}

// Whatever reads or writes HTTP or TLS has no place where bytes are passed on as they are.
void validate_tcp(const listener_config& l, std::size_t index, findings& found) {
  if (l.tcp_port == 0) return;
  if (l.tls) {
    found.error(path_in("listeners", index, "tls"),
                R"(has no place beside "tcp_port": bytes are passed on as they are, and TLS, where the hosts speak it )"
                R"(there, is between them and their clients; remove "tls")");
  }
  if (redirects(l)) {
    found.error(path_in("listeners", index, "redirect_to"),
                R"(has no place beside "tcp_port", which passes bytes on without reading them; redirect on a listener )"
                R"(of its own, and remove "redirect_to" here)");
  }
}

void validate_listeners(const std::vector<listener_config>& listeners, findings& found) {
  uniqueness names("listeners", "name", found);
  for (std::size_t i = 0; i < listeners.size(); ++i) {
    const auto& l = listeners[i];
    // Two equal binds have been reported as such; their default names need no second message.
    const bool own_name = found.has(path_in("listeners", i, "name")) || l.bind.port == 0;
    if (!l.name.empty() && own_name) names.claim(i, l.name, R"(give this one another "name")");
    validate_proxy_protocol(l, i, found);
    validate_tls(l, i, found);
    validate_redirect(l, i, found);
    validate_tcp(l, i, found);
  }
  validate_binds(listeners, found);
}

void validate_resolve(const backend_config& b, std::size_t index, findings& found) {
  if (b.resolve == resolve_rule::first || b.host.empty()) return;
  if (headers::ip_address::parse(b.host)) {
    found.error(path_in("backends", index, "resolve"),
                fmt::format("is for names, and {} is an address; remove this key", json::quoted(b.host)));
  } else if (b.resolve == resolve_rule::srv && b.authority != b.host) {
    found.error(
        path_in("backends", index, "url"),
        fmt::format(R"(must have no port beside "resolve": "srv", whose records say it; did you mean "{}://{}"?)",
                    b.tls ? "https" : "http", b.host));
  }
}

void validate_backends(const std::vector<backend_config>& backends, findings& found) {
  uniqueness names("backends", "name", found);
  uniqueness urls("backends", "url", found);
  for (std::size_t i = 0; i < backends.size(); ++i) {
    const auto& b = backends[i];
    validate_resolve(b, i, found);
    if (b.host.empty()) continue;
    auto address = write_host_and_port(b.host, b.port);
    std::transform(address.begin(), address.end(), address.begin(), headers::to_lower);
    const bool new_host = urls.claim(i, address, "name each host once and use \"weight\" for its share");
    if (new_host || found.has(path_in("backends", i, "name")))
      names.claim(i, b.name, R"(give this one another "name")");
  }
}

void validate_backend_tls(const config& c, findings& found) {
  const auto& t = c.backend_tls;
  if (t.certificate.empty() != t.key.empty() && !found.has_error("backend_tls.certificate") &&
      !found.has_error("backend_tls.key")) {
    found.error(t.key.empty() ? "backend_tls.certificate" : "backend_tls.key",
                fmt::format(R"(needs "{}" beside it)", t.key.empty() ? "key" : "certificate"));
  }
  const bool is_set = !t.ca.empty() || !t.verify || !t.server_name.empty() || !t.certificate.empty() || !t.key.empty();
  const auto is_tls = [](const backend_config& b) { return b.tls; };
  if (is_set && std::none_of(c.backends.begin(), c.backends.end(), is_tls)) {
    found.warning("backend_tls", R"(has no effect, because no backend's "url" begins with https://)");
  } else if (!t.verify) {
    found.warning("backend_tls.verify",
                  "whoever can take a host's place on the network reads and changes everything; "
                  R"(name the CA of the hosts' certificates in "ca" instead)");
  }
}

void validate_health(const config& c, findings& found) {
  const auto& h = c.health;
  if (h.timeout > h.interval) {
    found.warning("health_check.timeout",
                  fmt::format("a check that hangs for {} delays the next one beyond the interval of {}",
                              write_duration(h.timeout), write_duration(h.interval)));
  }
  // Ops Manager hands monitoring to another agent after 90 s of silence.
  if (const auto slowest = h.fall * std::max(h.interval, h.timeout); slowest > 90s) {
    found.warning(
        "health_check",
        fmt::format("a host that hangs is used for up to {}, but Ops Manager moves monitoring to another agent "
                    "after 90 s of silence",
                    write_duration(slowest)));
  }
  if (c.timeouts.backend_keep_alive >= 30s) {
    found.warning("timeouts.backend_keep_alive",
                  "Ops Manager's Jetty closes idle connections after 30 s; stay below that");
  }
}

void validate_trust(const config& c, findings& found) {
  const auto is_everyone = [](const headers::network& n) { return n.to_string().ends_with("/0"); };
  const auto& trusted = c.forwarded.trusted_proxies;
  if (std::any_of(trusted.begin(), trusted.end(), is_everyone)) {
    found.warning("forwarded.trusted_proxies",
                  "trusts everyone, so that any client can choose the address Ops Manager sees; "
                  "list the proxies in front only");
  }
}

bool takes(const headers::endpoint& listener, const headers::endpoint& admin) {
  return listener.port == admin.port && listener.port != 0 &&
         (listener.address == admin.address || claimed(listener).starts_with("[::]"));
}

void validate_admin(const config& c, findings& found) {
  const std::string path = "admin.bind";
  const admin_bind& bind = c.admin.bind;
  if (bind.is_open() && c.admin.token_file.empty() && !found.has_error("admin.token_file")) {
    found.error(path,
                R"(can be reached from elsewhere, so it needs "token_file" beside it: a file with the token that )"
                "callers have to know");
  }
  // sockaddr_un has room for 107 bytes and a NUL.
  if (bind.path.size() > 107) {
    found.error(path, fmt::format("the path of a socket may have at most 107 bytes, and {} has {}",
                                  json::quoted(bind.path), bind.path.size()));
  }
  if (bind.what != admin_bind::kind::tcp || c.admin.bind_is_default) return;
  for (std::size_t i = 0; i < c.listeners.size(); ++i) {
    if (!takes(c.listeners[i].bind, bind.tcp)) continue;
    found.error(path, fmt::format("{} is bound by {} already; choose another port", json::quoted(bind.to_string()),
                                  json::path_to("listeners", i)));
  }
}

}  // namespace

void validate(const config& read, findings& found) {
  validate_counts(read, found);
  validate_listeners(read.listeners, found);
  validate_backends(read.backends, found);
  validate_backend_tls(read, found);
  validate_health(read, found);
  validate_trust(read, found);
  validate_admin(read, found);
}

}  // namespace opslb
