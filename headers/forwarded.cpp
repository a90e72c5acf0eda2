#include "headers/forwarded.hpp"

#include <charconv>
#include <optional>

#include "headers/characters.hpp"
#include "headers/list.hpp"

namespace opslb::headers {
namespace {

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  if (!all_of(digit, text)) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc()) return std::nullopt;
  return port;
}

/// One element of X-Forwarded-For: an address, IPv6 with or without brackets, or either with a port, which is dropped.
std::optional<ip_address> parse_hop(std::string_view element) {
  if (element.starts_with('[')) {
    const auto bracket = element.find(']');
    if (bracket == std::string_view::npos) return std::nullopt;
    const auto behind = element.substr(bracket + 1);
    if (!behind.empty() && !(behind.front() == ':' && parse_port(behind.substr(1)))) return std::nullopt;
    const auto address = element.substr(1, bracket - 1);
    if (address.find(':') == std::string_view::npos) return std::nullopt;
    return ip_address::parse(address);
  }
  const auto colon = element.find(':');
  if (colon != std::string_view::npos && element.find(':', colon + 1) == std::string_view::npos) {
    if (!parse_port(element.substr(colon + 1))) return std::nullopt;
    element = element.substr(0, colon);
  }
  return ip_address::parse(element);
}

/// Steps from hop to hop, from the last element of the last line to the left, while the hops are trusted. False where the
/// walk ends: `client` is the answer.
bool walk_line(std::string_view line, const std::vector<network>& trusted, ip_address& client) {
  while (true) {
    const auto comma = line.rfind(',');
    const auto hop = parse_hop(trimmed(line.substr(comma == std::string_view::npos ? 0 : comma + 1)));
    if (!hop) return false;
    client = *hop;
    if (!contains(trusted, client)) return false;
    if (comma == std::string_view::npos) return true;
    line = line.substr(0, comma);
  }
}

ip_address walk_chain(const std::vector<field>& fields, const std::vector<network>& trusted, ip_address client) {
  for (auto line = fields.rbegin(); line != fields.rend(); ++line) {
    if (line->known.id == field_id::x_forwarded_for && !walk_line(line->value, trusted, client)) break;
  }
  return client;
}

/// What a trusted proxy says of the connection in front of it. Of each header the first element of the first line counts;
/// a malformed one counts as absent.
struct proxy_word {
  std::optional<bool> https;
  std::optional<authority> host;
  std::uint16_t port = 0;
};

std::optional<bool> is_https_scheme(std::string_view scheme) {
  if (equals_ignoring_case(scheme, "https") || equals_ignoring_case(scheme, "wss")) return true;
  if (equals_ignoring_case(scheme, "http") || equals_ignoring_case(scheme, "ws")) return false;
  return std::nullopt;
}

std::optional<bool> is_on(std::string_view value) {
  if (equals_ignoring_case(value, "on") || equals_ignoring_case(value, "true")) return true;
  if (equals_ignoring_case(value, "off") || equals_ignoring_case(value, "false")) return false;
  return std::nullopt;
}

std::string_view first_word(const std::vector<field>& fields, field_id id) {
  for (const auto& line : fields) {
    if (line.known.id == id) return first_element(line.value);
  }
  return {};
}

proxy_word listen_to_proxy(const std::vector<field>& fields) {
  proxy_word said;
  said.https = is_https_scheme(first_word(fields, field_id::x_forwarded_proto));
  if (!said.https) said.https = is_on(first_word(fields, field_id::x_proxied_https));
  if (authority host; parse_authority(first_word(fields, field_id::x_forwarded_host), host)) said.host = host;
  said.port = parse_port(first_word(fields, field_id::x_forwarded_port)).value_or(0);
  return said;
}

}  // namespace

void identify(const request_head& head, const request_facts& facts, const peer& from, const forwarding_rules& rules,
              identity& out) {
  const bool from_proxy = contains(rules.trusted_proxies, from.client.address);
  const auto said = from_proxy ? listen_to_proxy(head.fields) : proxy_word{};

  out.client = from.client.address;
  out.client_text = from.client_text;
  if (from_proxy) {
    out.client = walk_chain(head.fields, rules.trusted_proxies, from.client.address);
    ip_address::text_buffer text;
    out.storage.assign(out.client.write(text));
    out.client_text = out.storage;
  }

  out.https = said.https.value_or(from.tls);

  out.host_storage.clear();
  authority host = facts.host;
  if (host.text.empty()) {
    out.host_storage = from.local.to_string();
    host = {out.host_storage, {}, from.local.port};
  }
  if (said.host) host = *said.host;
  out.host = host.text;

  out.port = host.port;
  if (out.port == 0) out.port = said.port;
  if (out.port == 0) out.port = out.https ? 443 : 80;
}

}  // namespace opslb::headers
