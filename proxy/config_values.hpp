// The strings of the configuration that stand for something: addresses, networks, URLs, names. Each function reads one
// and says what is wrong with it and what to write instead. Names are not looked up. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "headers/address.hpp"
#include "proxy/config.hpp"
#include "proxy/config_outcome.hpp"

namespace opslb {

/// ADDRESS:PORT or [ADDRESS]:PORT; port 0 lets the kernel pick one.
outcome<headers::endpoint> to_bind(std::string_view text);

/// ADDRESS or ADDRESS/BITS. For a block with host bits set the network meant is suggested.
outcome<headers::network> to_network(std::string_view text);

struct http_url {
  std::string host;  ///< IPv6 without brackets
  std::uint16_t port = 80;
  bool tls = false;       ///< https
  std::string authority;  ///< as written
};

/// http[s]://HOST[:PORT] and nothing behind it but a "/": opslb passes every path on as it came.
outcome<http_url> to_backend_url(std::string_view text);

/// Where a listener redirects to, http[s]://HOST[:PORT], without a "/" behind it.
outcome<std::string> to_origin(std::string_view text);
/// The parts of what to_origin made.
http_url split_origin(std::string_view origin);

/// Where users reach opslb, http[s]://HOST[:PORT], without a "/" behind it.
outcome<std::string> to_public_url(std::string_view text);

/// Where the admin endpoint listens: as for to_bind, or "unix:PATH", or "off".
outcome<admin_bind> to_admin_bind(std::string_view text);

/// HOST:PORT, with brackets around an IPv6 address.
std::string write_host_and_port(std::string_view host, std::uint16_t port);

/// What a listener or backend is called in logs and commands.
outcome<std::string> to_name(std::string_view text);
/// The same of a backend in use, which may be one that was found: NAME@HOST.
outcome<std::string> to_backend_name(std::string_view text);

/// A host name without a port (RFC 1123 2.1), or an IPv4 address; underscores are let through, as container names have
/// them.
outcome<std::string> to_host_name(std::string_view text);

/// A header field name that the client's address may be sent in.
outcome<std::string> to_client_ip_header(std::string_view text);

/// The origin form of a request target, for health checks.
outcome<std::string> to_check_path(std::string_view text);

/// A path prefix in the form in which opslb looks at paths: decoded, no parameters, dot segments resolved (contract 4).
outcome<std::string> to_path_prefix(std::string_view text);

/// A file's path.
outcome<std::string> to_file_path(std::string_view text);

/// A log destination: "-", or a file's path. `to_access_log_path` takes "off" too.
outcome<std::string> to_log_path(std::string_view text);
outcome<std::string> to_access_log_path(std::string_view text);

}  // namespace opslb
