// The configuration as the rest of opslb uses it: checked, complete, immutable once loaded. What the file looks like is
// docs/configuration.md; parse.cpp gives the text a shape, config_keys.cpp is the table of keys, validate.cpp judges
// how values go together. Defaults stand here and nowhere else.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "headers/address.hpp"

namespace opslb {

using namespace std::chrono_literals;
using milliseconds = std::chrono::milliseconds;

enum class proxy_protocol_version : std::uint8_t { off, v1, v2 };
enum class balance_rule : std::uint8_t { least_requests, round_robin, source_ip };
enum class log_level : std::uint8_t { debug, info, warning, error };
/// What a backend's name stands for: one host at the first address that accepts, one host per address, or the hosts of its
/// SRV records.
enum class resolve_rule : std::uint8_t { first, all, srv };
/// Who must show a certificate. agents_only: whoever asks for what a backend could read as /agents/.
enum class client_certificate_mode : std::uint8_t { none, agents_only, required };

/// A certificate with its chain, and the private key to it, both PEM.
struct certificate_files {
  std::string certificate;  ///< an absolute path, as is `key`
  std::string key;
};

struct tls_config {
  std::vector<certificate_files> certificates;  ///< the first is for clients that ask for no name we have
  bool tls_1_3_only = false;                    ///< else 1.2, too
  std::chrono::seconds hsts{0};                 ///< max-age of Strict-Transport-Security; 0: never sent
  std::string client_ca;                        ///< an absolute path, or empty
  std::string crl;                              ///< an absolute path, or empty
  client_certificate_mode client_certificate = client_certificate_mode::none;
};

struct listener_config {
  std::string name;        ///< default: the bind address as written
  headers::endpoint bind;  ///< "[::]" is dual stack
  bool proxy_protocol = false;
  std::vector<headers::network> proxy_protocol_from;  ///< empty: everyone
  bool proxy_protocol_others_direct = false;          ///< peers outside: false refuse, true plain clients
  std::optional<tls_config> tls;                      ///< none: plain HTTP
  std::string redirect_to;                            ///< an origin, "https://host[:port]"; empty: requests are served
  std::uint16_t tcp_port = 0;                         ///< raw TCP to this port of a backend; 0: HTTP
};

struct backend_config {
  std::string name;  ///< default: host:port of the URL, for SRV records the host
  std::string host;  ///< a name or an address, IPv6 without brackets
  std::uint16_t port = 80;
  bool tls = false;      ///< the URL begins with https://
  std::string tls_name;  ///< the URL's host: the name in the certificate, also of those found under that name
  resolve_rule resolve = resolve_rule::first;
  std::string authority;      ///< host:port as in the URL, for the Host line of health checks
  unsigned weight = 1;        ///< 1 to 256
  unsigned max_requests = 0;  ///< 0: no bound
};

/// How backends with an https:// URL are spoken to.
struct backend_tls_config {
  bool used = false;        ///< some backend's URL begins with https://
  std::string ca;           ///< an absolute path; empty: the system's certificates
  bool verify = true;       ///< the hosts' certificates, and the name in them
  std::string server_name;  ///< the name in them where it is not the URL's host; empty: it is
  std::string certificate;  ///< opslb's own certificate: an absolute path, or empty
  std::string key;          ///< the key to it
};

struct health_config {
  std::string path = "/monitor/health";
  milliseconds interval = 5s;
  milliseconds timeout = 3s;
  unsigned rise = 2;
  unsigned fall = 2;
  milliseconds slow_start = 0s;
  bool pass_when_none_up = false;
};

struct idle_rule {
  std::string prefix;
  milliseconds idle{};
};

struct timeout_config {
  milliseconds idle = 180s;
  std::vector<idle_rule> idle_for = {{"/agents/", 10min}};  ///< longest prefix first
  milliseconds tunnel = 1h;
  milliseconds connect = 5s;
  milliseconds request_head = 30s;
  milliseconds keep_alive = 180s;
  milliseconds backend_keep_alive = 25s;
  milliseconds queue = 30s;
  milliseconds hold = 10s;
  milliseconds drain = 600s;
  milliseconds drain_grace = 0s;
};

struct forwarded_config {
  std::string client_ip_header = "X-Forwarded-For";
  std::vector<headers::network> trusted_proxies;
  std::string server_name;  ///< filled with this machine's host name where the file has none
};

struct limit_config {  // 0: no bound
  std::uint64_t connections = 10000;
  std::uint64_t connections_per_client = 0;
  std::uint64_t waiting = 1000;
  std::uint64_t head_bytes = 64 * 1024;
  std::uint64_t header_count = 128;
  std::uint64_t target_bytes = 16 * 1024;
  std::uint64_t body_bytes = 0;
  std::uint64_t response_head_bytes = 64 * 1024;
};

struct access_log_config {
  std::string path = "-";  ///< "-" stdout, "off", or an absolute path
  bool combined = false;   ///< else JSON lines
};

struct log_config {
  std::string path = "-";  ///< "-" stderr, or an absolute path
  log_level level = log_level::info;
};

/// Where the admin endpoint listens.
struct admin_bind {
  enum class kind : std::uint8_t { off, tcp, unix_socket };

  kind what = kind::off;
  headers::endpoint tcp;
  std::string path;  ///< of the unix socket: absolute

  /// As in the file: "127.0.0.1:9080", "unix:/run/opslb/admin.sock", "off".
  std::string to_string() const;
  /// Others than users of this machine can reach it.
  bool is_open() const { return what == kind::tcp && !tcp.address.is_loopback(); }
  friend bool operator==(const admin_bind&, const admin_bind&) = default;
};

struct admin_config {
  admin_bind bind = {admin_bind::kind::tcp, {headers::ip_address::v4({127, 0, 0, 1}), 9080}, {}};
  bool bind_is_default = true;  ///< the file has none, so that it is no error if that address is taken
  std::string token_file;       ///< an absolute path, or empty
};

struct config {
  std::vector<listener_config> listeners;
  std::vector<backend_config>
      named_backends;  ///< as the file has them: at most 64; may be empty if all listeners redirect
  /// Those that are used: where one of the above stands for several hosts, the ones found. The same until they are looked up.
  std::vector<backend_config> backends;
  backend_tls_config backend_tls;
  proxy_protocol_version send_proxy_protocol = proxy_protocol_version::off;
  balance_rule balance = balance_rule::least_requests;
  health_config health;
  timeout_config timeouts;
  forwarded_config forwarded;
  limit_config limits;
  access_log_config access_log;
  log_config log;
  admin_config admin;
  std::string public_url;  ///< an origin, "https://host[:port]", or empty
  std::string state_file;  ///< an absolute path; empty: opslb/state.json under the runtime directory
  unsigned workers = 0;    ///< 0: one per core this process may run on
};

/// One thing wrong with a configuration file.
struct config_problem {
  std::size_t line = 0;    ///< from 1; 0 where the file could not be read at all
  std::size_t column = 0;  ///< from 1, in bytes
  std::string path;        ///< "listeners[0].proxy_protocol"; empty for the whole file
  std::string message;     ///< one sentence: what is wrong and what to do
};

/// A loaded configuration, or every problem found; `warnings` in either case.
struct load_result {
  std::optional<config> value;
  std::vector<config_problem> problems;
  std::vector<config_problem> warnings;
};

/// Reads and checks a file, and the certificates and keys that it names. Never throws for what is in them.
load_result load_config(const std::filesystem::path& file);
/// The same from text, without a look into any file; relative paths in it are taken relative to `directory`.
load_result parse_config(std::string_view text, const std::filesystem::path& directory);

/// "FILE:3:14: listeners[0].bind: …", as `opslb check` and a failed start print it.
std::string describe(const config_problem& problem, const std::filesystem::path& file);

}  // namespace opslb
