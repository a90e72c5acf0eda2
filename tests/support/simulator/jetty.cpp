#include "tests/support/simulator/jetty.hpp"

#include <optional>

#include "tests/support/simulator/duration.hpp"

namespace opslb::simulator {
namespace {

// Jetty's order of belief: a source replaces a weaker one, and never an equal one, so of several lines the first counts.
enum class source {
  unset,
  x_proxied_https,
  x_forwarded_proto,
  x_forwarded_server,
  x_forwarded_port,
  x_forwarded_for,
  x_forwarded_host,
  forwarded,
};

template <typename T>
struct believed {
  std::optional<T> value;
  source from = source::unset;

  void hear(T said, source by) {
    if (by <= from) return;
    value = std::move(said);
    from = by;
  }
};

struct host_port {
  std::string host;
  unsigned port = 0;  ///< 0: none was given
};

struct hearsay {
  believed<std::string> client;
  believed<std::string> scheme;
  believed<std::string> host;
  believed<unsigned> port;  ///< 0: the scheme's own
  bool secure = false;
  bool tls_session = false;
  std::string error;
};

/// HostPort: "host", "host:port", "[v6]", "[v6]:port", or a bare v6.
std::optional<host_port> split_host_port(std::string_view text) {
  if (text.empty()) return std::nullopt;
  auto host = text;
  std::string_view port;
  if (text.front() == '[') {
    const auto close = text.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    host = text.substr(0, close + 1);
    port = text.substr(close + 1);
    if (!port.empty() && port.front() != ':') return std::nullopt;
  } else if (const auto colon = text.rfind(':'); colon != std::string_view::npos) {
    if (text.find(':') != colon) return host_port{"[" + std::string{text} + "]", 0};
    host = text.substr(0, colon);
    port = text.substr(colon);
  }
  if (host.empty()) return std::nullopt;
  if (port.size() <= 1) return host_port{std::string{host}, 0};
  const auto number = parse_number(port.substr(1));
  if (!number || *number == 0 || *number > 65535) return std::nullopt;
  return host_port{std::string{host}, static_cast<unsigned>(*number)};
}

std::string_view leftmost(std::string_view value) { return without_blanks(value.substr(0, value.find(','))); }

void hear_client(std::string_view text, source by, hearsay& heard) {
  const auto parts = split_host_port(text);
  if (!parts) {
    heard.error = "bad client address";
    return;
  }
  auto host = parts->host;
  if (host.front() == '[') host = host.substr(1, host.size() - 2);
  heard.client.hear(host, by);
}

void hear_authority(std::string_view text, source by, hearsay& heard) {
  const auto parts = split_host_port(text);
  if (!parts) {
    heard.error = "bad authority";
    return;
  }
  heard.host.hear(parts->host, by);
  if (parts->port > 0) heard.port.hear(parts->port, by);
}

void hear_scheme(std::string scheme, source by, hearsay& heard) {
  if (by <= heard.scheme.from) return;
  if (same_name(scheme, "https")) heard.secure = true;
  heard.scheme.hear(std::move(scheme), by);
}

void hear_proxied_https(std::string_view value, hearsay& heard) {
  const bool on = same_name(value, "on") || same_name(value, "true");
  const bool off = same_name(value, "off") || same_name(value, "false");
  if (!on && !off) {
    heard.error = "Invalid value for X-Proxied-Https";
    return;
  }
  heard.secure = on;
  hear_scheme(on ? "https" : "http", source::x_proxied_https, heard);
  heard.port.hear(0, source::x_proxied_https);
}

std::string unquoted(std::string_view value) {
  if (value.size() < 2 || value.front() != '"' || value.back() != '"') return std::string{value};
  std::string result;
  for (std::size_t i = 1; i + 1 < value.size(); ++i) {
    if (value[i] == '\\' && i + 2 < value.size()) ++i;
    result += value[i];
  }
  return result;
}

/// RFC 7239 4. Semicolons and commas inside quotes belong to the value.
void hear_forwarded(std::string_view field, hearsay& heard) {
  while (!field.empty()) {
    bool quoted = false;
    std::size_t end = 0;
    for (; end < field.size() && (quoted || (field[end] != ';' && field[end] != ',')); ++end) {
      if (field[end] == '"') quoted = !quoted;
    }
    const auto pair = without_blanks(field.substr(0, end));
    field.remove_prefix(end < field.size() ? end + 1 : end);

    const auto equals = pair.find('=');
    if (equals == std::string_view::npos) continue;
    const auto name = without_blanks(pair.substr(0, equals));
    const auto value = unquoted(without_blanks(pair.substr(equals + 1)));
    const bool obfuscated = value.empty() || value.front() == '_' || value == "unknown";
    if (same_name(name, "for") && !obfuscated) hear_client(value, source::forwarded, heard);
    if (same_name(name, "host") && !obfuscated) hear_authority(value, source::forwarded, heard);
    if (same_name(name, "proto")) hear_scheme(value, source::forwarded, heard);
  }
}

void hear_port(std::string_view value, hearsay& heard) {
  const auto port = parse_number(leftmost(value));
  if (!port || *port == 0 || *port > 65535) {
    heard.error = "bad port";
  } else {
    heard.port.hear(static_cast<unsigned>(*port), source::x_forwarded_port);
  }
}

void hear(const header_line& line, hearsay& heard) {
  const auto is = [&](std::string_view name) { return same_name(line.name, name); };
  if (is("Forwarded")) hear_forwarded(line.value, heard);
  if (is("X-Forwarded-For")) hear_client(leftmost(line.value), source::x_forwarded_for, heard);
  if (is("X-Forwarded-Host")) hear_authority(leftmost(line.value), source::x_forwarded_host, heard);
  if (is("X-Forwarded-Server")) hear_authority(leftmost(line.value), source::x_forwarded_server, heard);
  if (is("X-Forwarded-Port")) hear_port(line.value, heard);
  if (is("X-Forwarded-Proto")) hear_scheme(std::string{leftmost(line.value)}, source::x_forwarded_proto, heard);
  if (is("X-Proxied-Https")) hear_proxied_https(line.value, heard);
  if (is("Proxy-ssl-id") || is("Proxy-auth-cert")) heard.secure = heard.tls_session = true;
}

/// Scheme and authority of the request itself: the absolute form, else Host, else the connection.
void believe_request(const request& head, const connection_ends& ends, belief& result) {
  auto authority = head.header("Host");
  result.scheme = "http";
  if (const auto scheme = head.target.find("://"); scheme != std::string_view::npos && head.target.front() != '/') {
    result.scheme = head.target.substr(0, scheme);
    authority = head.target.substr(scheme + 3);
    authority = authority.substr(0, authority.find_first_of("/?"));
  }
  if (const auto parts = split_host_port(authority)) {
    result.host = parts->host;
    result.port = parts->port;
  } else {
    result.host = ends.local_address;
    result.port = ends.local_port;
  }
}

}  // namespace

std::string belief::origin() const {
  const bool own = port == (scheme == "https" ? 443U : 80U);
  return scheme + "://" + host + (own ? "" : ":" + std::to_string(port));
}

belief as_jetty_believes(const request& head, const connection_ends& ends) {
  hearsay heard;
  for (const auto& line : head.headers) hear(line, heard);

  belief result;
  believe_request(head, ends, result);
  result.client = heard.client.value.value_or(ends.peer_address);
  result.secure = heard.secure;
  result.error = heard.error;
  if (heard.scheme.value) {
    result.scheme = *heard.scheme.value;
  } else if (heard.tls_session) {
    result.scheme = "https";
  }
  if (heard.host.value) result.host = *heard.host.value;
  if (heard.port.value) result.port = *heard.port.value;
  if (result.port == 0) result.port = result.scheme == "https" ? 443 : 80;
  return result;
}

}  // namespace opslb::simulator
