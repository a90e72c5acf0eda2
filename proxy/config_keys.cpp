#include "proxy/config_keys.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <string>
#include <utility>

#include "headers/characters.hpp"
#include "proxy/config_findings.hpp"
#include "proxy/config_reader.hpp"
#include "proxy/config_values.hpp"

namespace opslb {
namespace {

constexpr duration_bounds a_while{1ms};
constexpr duration_bounds a_while_or_none{0ms};
constexpr std::chrono::seconds longest_hsts = std::chrono::hours(20 * 365 * 24);
constexpr count_bounds any_number{0, 1'000'000'000};

void read_certificate_files(object_reader& r, certificate_files& c) {
  r.text("certificate", c.certificate, to_file_path, presence::required);
  r.text("key", c.key, to_file_path, presence::required);
}

void read_tls(object_reader& r, tls_config& t) {
  std::vector<certificate_files> more;
  read_certificate_files(r, t.certificates.emplace_back());
  r.objects("certificates", more, read_certificate_files);
  std::move(more.begin(), more.end(), std::back_inserter(t.certificates));
  r.choice("min_version", t.tls_1_3_only, {{"1.2", false}, {"1.3", true}});
  r.seconds("hsts", t.hsts, longest_hsts);
  r.text("client_ca", t.client_ca, to_file_path, presence::or_null);
  r.text("crl", t.crl, to_file_path, presence::or_null);
  r.choice("client_certificate", t.client_certificate,
           {{"none", client_certificate_mode::none},
            {"agents_only", client_certificate_mode::agents_only},
            {"required", client_certificate_mode::required}});
}

void read_listener(object_reader& r, listener_config& l) {
  r.text("name", l.name, to_name);
  r.text("bind", l.bind, to_bind, presence::required);
  if (l.name.empty()) l.name = r.written("bind");
  r.boolean("proxy_protocol", l.proxy_protocol);
  r.texts("proxy_protocol_from", l.proxy_protocol_from, to_network);
  r.choice("proxy_protocol_others", l.proxy_protocol_others_direct, {{"refuse", false}, {"direct", true}});
  tls_config tls;
  const auto read_inside = [&](object_reader& inner) { read_tls(inner, tls); };
  if (r.object("tls", read_inside, presence::or_null)) l.tls = std::move(tls);
  r.text("redirect_to", l.redirect_to, to_origin, presence::or_null);
  r.count("tcp_port", l.tcp_port, {1, 65535}, presence::or_null);
}

void read_backend(object_reader& r, backend_config& b) {
  http_url url;
  r.text("name", b.name, to_name);
  r.text("url", url, to_backend_url, presence::required);
  r.choice("resolve", b.resolve,
           {{"first", resolve_rule::first}, {"all", resolve_rule::all}, {"srv", resolve_rule::srv}});
  r.count("weight", b.weight, {1, 256});
  r.count("max_requests", b.max_requests, {0, 1'000'000});
  b.host = std::move(url.host);
  b.tls_name = b.host;
  b.port = url.port;
  b.tls = url.tls;
  b.authority = std::move(url.authority);
}

void read_backend_tls(object_reader& r, backend_tls_config& t) {
  r.text("ca", t.ca, to_file_path, presence::or_null);
  r.boolean("verify", t.verify);
  r.text("server_name", t.server_name, to_host_name, presence::or_null);
  r.text("certificate", t.certificate, to_file_path, presence::or_null);
  r.text("key", t.key, to_file_path, presence::or_null);
}

void read_health_check(object_reader& r, health_config& h) {
  r.text("path", h.path, to_check_path);
  r.duration("interval", h.interval, {10ms, 1h});
  r.duration("timeout", h.timeout, {10ms, 1h});
  r.count("rise", h.rise, {1, 100});
  r.count("fall", h.fall, {1, 100});
  r.duration("slow_start", h.slow_start, a_while_or_none);
  r.choice("when_none_up", h.pass_when_none_up, {{"refuse", false}, {"pass", true}});
}

void read_timeouts(object_reader& r, timeout_config& t) {
  r.duration("idle", t.idle, a_while);
  r.idle_rules("idle_for", t.idle_for, to_path_prefix, a_while);
  r.duration("tunnel", t.tunnel, a_while);
  r.duration("connect", t.connect, a_while);
  r.duration("request_head", t.request_head, a_while);
  r.duration("keep_alive", t.keep_alive, a_while);
  r.duration("backend_keep_alive", t.backend_keep_alive, a_while);
  r.duration("queue", t.queue, a_while_or_none);
  r.duration("hold", t.hold, a_while_or_none);
  r.duration("drain", t.drain, a_while_or_none);
  r.duration("drain_grace", t.drain_grace, a_while_or_none);
}

void read_forwarded(object_reader& r, forwarded_config& f) {
  r.text("client_ip_header", f.client_ip_header, to_client_ip_header);
  r.texts("trusted_proxies", f.trusted_proxies, to_network);
  r.text("server_name", f.server_name, to_host_name, presence::or_null);
}

void read_limits(object_reader& r, limit_config& l) {
  r.count("connections", l.connections, any_number);
  r.count("connections_per_client", l.connections_per_client, any_number);
  r.count("waiting", l.waiting, any_number);
  r.size("head_bytes", l.head_bytes);
  r.count("header_count", l.header_count, any_number);
  r.size("target_bytes", l.target_bytes);
  r.size("body_bytes", l.body_bytes);
  r.size("response_head_bytes", l.response_head_bytes);
}

void read_access_log(object_reader& r, access_log_config& a) {
  r.text("path", a.path, to_access_log_path);
  r.choice("format", a.combined, {{"json", false}, {"combined", true}});
}

void read_log(object_reader& r, log_config& l) {
  r.text("path", l.path, to_log_path);
  r.choice("level", l.level,
           {{"debug", log_level::debug},
            {"info", log_level::info},
            {"warning", log_level::warning},
            {"error", log_level::error}});
}

void read_admin(object_reader& r, admin_config& a) {
  r.text("bind", a.bind, to_admin_bind);
  a.bind_is_default = r.written("bind").empty();
  r.text("token_file", a.token_file, to_file_path, presence::or_null);
}

void read_config(object_reader& r, config& c) {
  r.ignored("$schema");
  r.objects("listeners", c.listeners, read_listener);
  r.objects("backends", c.backends, read_backend);
  r.object("backend_tls", [&](object_reader& inner) { read_backend_tls(inner, c.backend_tls); }, presence::or_null);
  c.backend_tls.used = std::any_of(c.backends.begin(), c.backends.end(), [](const auto& each) { return each.tls; });
  r.choice(
      "send_proxy_protocol", c.send_proxy_protocol,
      {{"off", proxy_protocol_version::off}, {"v1", proxy_protocol_version::v1}, {"v2", proxy_protocol_version::v2}});
  r.choice("balance", c.balance,
           {{"least_requests", balance_rule::least_requests},
            {"round_robin", balance_rule::round_robin},
            {"source_ip", balance_rule::source_ip}});
  r.object("health_check", [&](object_reader& inner) { read_health_check(inner, c.health); });
  r.object("timeouts", [&](object_reader& inner) { read_timeouts(inner, c.timeouts); });
  r.object("forwarded", [&](object_reader& inner) { read_forwarded(inner, c.forwarded); });
  r.object("limits", [&](object_reader& inner) { read_limits(inner, c.limits); });
  r.object("access_log", [&](object_reader& inner) { read_access_log(inner, c.access_log); });
  r.object("log", [&](object_reader& inner) { read_log(inner, c.log); });
  r.object("admin", [&](object_reader& inner) { read_admin(inner, c.admin); }, presence::or_null);
  r.text("public_url", c.public_url, to_public_url, presence::or_null);
  r.text("state_file", c.state_file, to_file_path, presence::or_null);
  r.count("workers", c.workers, {0, 1024});
  r.finish();
}

}  // namespace

config read_keys(const json::value& root, findings& found) {
  config out;
  object_reader reader(&root, {}, found, nullptr);
  read_config(reader, out);
  return out;
}

key_catalog list_keys() {
  key_catalog keys;
  config scratch;
  findings unused;
  object_reader reader(nullptr, {}, unused, &keys);
  read_config(reader, scratch);
  return keys;
}

bool asks_for_caching(std::string_view key) {
  if (key.starts_with('/')) return false;
  std::string lower(key);
  std::transform(lower.begin(), lower.end(), lower.begin(), headers::to_lower);
  return lower.find("cache") != std::string::npos || lower.find("caching") != std::string::npos;
}

}  // namespace opslb
