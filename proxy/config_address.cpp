// The part of config_values that reads addresses: binds, networks and backend URLs.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "headers/known_field.hpp"
#include "proxy/config_values.hpp"
#include "proxy/parse.hpp"

namespace opslb {
namespace {

using headers::ip_address;

constexpr std::string_view bind_form =
    R"(must be an IP address and a port, such as "0.0.0.0:8443", or "[::]:8443" for IPv4 and IPv6)";
constexpr std::string_view url_form = R"(must be a URL, such as "http://ops1.example.com:8080")";

// Up to 65535. Not with any number of zeros in front: such a text is kept as it was written, and names what it stands for.
std::optional<unsigned> to_number(std::string_view text, unsigned largest) {
  if (text.size() > std::string_view("65535").size()) return std::nullopt;
  unsigned number = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || rest != text.data() + text.size() || number > largest) return std::nullopt;
  return number;
}

struct host_and_port {
  std::string_view host;  // without brackets
  std::string_view port;
  bool has_port = false;
  bool bracketed = false;
};

// nullopt: a bracket without its partner, or something between it and the colon.
std::optional<host_and_port> split(std::string_view text) {
  host_and_port out;
  if (text.starts_with('[')) {
    const auto close = text.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    out.bracketed = true;
    out.host = text.substr(1, close - 1);
    const auto behind = text.substr(close + 1);
    if (!behind.empty() && !behind.starts_with(':')) return std::nullopt;
    out.has_port = !behind.empty();
    if (out.has_port) out.port = behind.substr(1);
    return out;
  }
  const auto colon = text.rfind(':');
  out.has_port = colon != std::string_view::npos;
  out.host = text.substr(0, colon);
  if (out.has_port) out.port = text.substr(colon + 1);
  return out;
}

// Other programs' ways to write a bind address, put into ours; empty if it is none of them.
std::string meant_bind(std::string_view text) {
  if (to_number(text, 65535)) return fmt::format("0.0.0.0:{}", text);
  const auto parts = split(text);
  if (!parts || !parts->has_port || parts->bracketed || !to_number(parts->port, 65535)) return {};
  if (parts->host.empty() || parts->host == "*") return fmt::format("0.0.0.0:{}", parts->port);
  if (parts->host == "localhost") return fmt::format("127.0.0.1:{}", parts->port);
  if (const auto address = ip_address::parse(parts->host); address && !address->is_v4()) {
    return fmt::format("[{}]:{}", parts->host, parts->port);
  }
  return {};
}

// The block that `address`/`bits` lies in.
std::string enclosing_block(const ip_address& address, unsigned bits) {
  std::array<std::uint8_t, 16> bytes{};
  const auto from = address.bytes();
  for (std::size_t i = 0; i < from.size(); ++i) {
    const auto kept = std::min(8U, bits > i * 8 ? bits - static_cast<unsigned>(i) * 8 : 0U);
    bytes[i] = static_cast<std::uint8_t>(from[i] & (0xFF00U >> kept));
  }
  const auto block = address.is_v4() ? ip_address::v4({bytes[0], bytes[1], bytes[2], bytes[3]}) : ip_address::v6(bytes);
  return fmt::format("{}/{}", block.to_string(), bits);
}

// Why the part between scheme and path cannot be connected to; empty if it can.
std::string fault_in_host(const host_and_port& where) {
  if (where.host.empty()) return fmt::format("has no host; it {}", url_form);
  if (where.has_port && to_number(where.port, 65535).value_or(0) == 0) {
    return fmt::format("has {} for a port; write a number from 1 to 65535", json::quoted(where.port));
  }
  const auto address = ip_address::parse(where.host);
  if (where.bracketed) {
    if (!address || address->is_v4()) return fmt::format("{} is not an IPv6 address", json::quoted(where.host));
    return {};
  }
  if (where.host.find(':') != std::string_view::npos)
    return R"(needs brackets around an IPv6 address, such as "http://[::1]:8080")";
  // A dot at the end is a resolver's sign for a name that is complete.
  const auto name = where.host.ends_with('.') ? where.host.substr(0, where.host.size() - 1) : where.host;
  if (!to_host_name(name).value) return fmt::format("{} is not a host name", json::quoted(where.host));
  // A name that ends in a number is an IPv4 address or nothing; resolvers make odd addresses of some (127.1).
  const auto last_label = name.substr(name.rfind('.') + 1);
  if (!address && last_label.find_first_not_of("0123456789") == std::string_view::npos) {
    return fmt::format("{} is not an IPv4 address", json::quoted(where.host));
  }
  return {};
}

// SCHEME://HOST[:PORT] and at most a "/" behind it; `no_path` says why there is no more.
outcome<http_url> to_http_url(std::string_view text, std::string_view no_path) {
  using result = outcome<http_url>;
  const auto separator = text.find("://");
  if (separator == std::string_view::npos) {
    const auto parts = split(text);
    const bool is_host = parts && fault_in_host(*parts).empty();
    return result::bad(is_host ? fmt::format(R"(must be a URL; did you mean "http://{}"?)", text)
                               : std::string(url_form));
  }
  const auto scheme = text.substr(0, separator);
  const bool tls = headers::equals_ignoring_case(scheme, "https");
  if (!tls && !headers::equals_ignoring_case(scheme, "http"))
    return result::bad(fmt::format("{} is not a scheme that opslb speaks; use http://", json::quoted(scheme)));
  const auto behind = text.substr(separator + 3);
  const auto authority = behind.substr(0, behind.find_first_of("/?#"));
  const auto path = behind.substr(authority.size());
  if (authority.find('@') != std::string_view::npos)
    return result::bad("must have no user name or password; remove what stands before the @");
  if (!path.empty() && path != "/") {
    return result::bad(fmt::format("must end after the host and port, {}; remove {}", no_path, json::quoted(path)));
  }
  const auto parts = split(authority);
  if (!parts) return result::bad(std::string(url_form));
  if (auto fault = fault_in_host(*parts); !fault.empty()) return result::bad(std::move(fault));
  const unsigned usual_port = tls ? 443 : 80;
  const auto port = parts->has_port ? to_number(parts->port, 65535).value_or(usual_port) : usual_port;
  return result::good({std::string(parts->host), static_cast<std::uint16_t>(port), tls, std::string(authority)});
}

}  // namespace

outcome<headers::endpoint> to_bind(std::string_view text) {
  using result = outcome<headers::endpoint>;
  const auto meant = meant_bind(text);
  if (!meant.empty()) return result::bad(fmt::format("{}; did you mean \"{}\"?", bind_form, meant));
  const auto parts = split(text);
  if (!parts || !parts->has_port) return result::bad(std::string(bind_form));
  const auto address = ip_address::parse(parts->host);
  if (!address) return result::bad(fmt::format("{}; {} is not an address", bind_form, json::quoted(parts->host)));
  // An IPv4-mapped address comes out as IPv4, so the text decides.
  if (parts->bracketed != (parts->host.find(':') != std::string_view::npos)) return result::bad(std::string(bind_form));
  const auto port = to_number(parts->port, 65535);
  if (!port)
    return result::bad(fmt::format("{} is not a port; write a number from 0 to 65535", json::quoted(parts->port)));
  return result::good({*address, static_cast<std::uint16_t>(*port)});
}

outcome<headers::network> to_network(std::string_view text) {
  using result = outcome<headers::network>;
  if (auto network = headers::network::parse(text)) return result::good(*network);
  const auto slash = text.find('/');
  const auto address = ip_address::parse(text.substr(0, slash));
  if (!address) {
    return result::bad(
        fmt::format(R"({} is not a network; write an address or a block, such as "10.0.0.0/8")", json::quoted(text)));
  }
  const unsigned width = address->is_v4() ? 32 : 128;
  const auto bits = to_number(text.substr(slash + 1), width);
  if (!bits) return result::bad(fmt::format("{} must end in a number of bits from 0 to {}", json::quoted(text), width));
  return result::bad(fmt::format(R"({} has bits set behind its /{}; did you mean "{}"?)", json::quoted(text), *bits,
                                 enclosing_block(*address, *bits)));
}

outcome<http_url> to_backend_url(std::string_view text) {
  return to_http_url(text, "because paths are passed on as they come");
}

namespace {

outcome<std::string> to_origin(std::string_view text, std::string_view no_path) {
  using result = outcome<std::string>;
  const auto url = to_http_url(text, no_path);
  if (!url.value) return result::bad(url.wrong);
  if (text.ends_with('/')) text.remove_suffix(1);
  return result::good(std::string(text));
}

}  // namespace

outcome<std::string> to_origin(std::string_view text) {
  return to_origin(text, "because every request's own path is put there");
}

outcome<std::string> to_public_url(std::string_view text) {
  return to_origin(text, "because Ops Manager's own paths follow there");
}

outcome<admin_bind> to_admin_bind(std::string_view text) {
  using result = outcome<admin_bind>;
  constexpr std::string_view unix_socket = "unix:";
  if (text == "off") return result::good({});
  if (text.starts_with(unix_socket)) {
    const auto path = to_file_path(text.substr(unix_socket.size()));
    if (!path.value) return result::bad("needs the path of a socket behind \"unix:\"");
    return result::good({admin_bind::kind::unix_socket, {}, *path.value});
  }
  if (const auto bind = to_bind(text); bind.value) return result::good({admin_bind::kind::tcp, *bind.value, {}});
  constexpr std::string_view form = R"(must be an address and a port, such as "127.0.0.1:9080", "unix:PATH" or "off")";
  const auto meant = meant_bind(text);
  return result::bad(meant.empty() ? std::string(form) : fmt::format("{}; did you mean \"{}\"?", form, meant));
}

http_url split_origin(std::string_view origin) { return to_http_url(origin, {}).value.value_or(http_url{}); }

std::string write_host_and_port(std::string_view host, std::uint16_t port) {
  const bool is_v6 = host.find(':') != std::string_view::npos;
  return is_v6 ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

}  // namespace opslb
