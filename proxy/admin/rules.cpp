#include "proxy/admin/rules.hpp"

#include <fmt/format.h>
#include <openssl/crypto.h>

#include <algorithm>

#include "headers/characters.hpp"
#include "headers/known_field.hpp"

namespace opslb::admin {
namespace {

using headers::equals_ignoring_case;

constexpr std::uint16_t usual_port = 80;

/// The names under which a browser of this machine reaches it, and no stranger's name does.
bool is_own_host(const admin_bind& bind, const headers::authority& host) {
  const auto port = host.port == 0 ? usual_port : host.port;
  if (port != bind.tcp.port) return false;
  if (equals_ignoring_case(host.host, "localhost")) return true;
  auto text = host.host;
  if (text.starts_with('[')) text = text.substr(1, text.size() - 2);
  const auto address = headers::ip_address::parse(text);
  return address && (*address == bind.tcp.address || *address == *headers::ip_address::parse("127.0.0.1") ||
                     *address == *headers::ip_address::parse("::1"));
}

/// DNS rebinding needs an address that a browser can connect to, and data that it gets without a token. A client of HTTP/1.0
/// without Host is no browser.
bool is_misdirected(const gate& at, const request& asked) {
  if (at.bind.what != admin_bind::kind::tcp || at.bind.is_open() || asked.facts.host.text.empty()) return false;
  return !is_own_host(at.bind, asked.facts.host);
}

/// In constant time, so that nobody finds the token out byte by byte.
bool equal_secrets(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

/// RFC 6750 2.1.
bool has_token(const gate& at, const request& asked) {
  constexpr std::string_view scheme = "Bearer ";
  const auto given = asked.field("Authorization");
  return equals_ignoring_case(given.substr(0, scheme.size()), scheme) &&
         equal_secrets(headers::trimmed(given.substr(scheme.size())), at.token);
}

bool needs_token(const gate& at, secrecy what) {
  switch (what) {
    case secrecy::open: return false;
    case secrecy::guarded: return at.bind.is_open();
    case secrecy::changing: break;
  }
  return at.bind.is_open() || !at.token.empty();
}

/// RFC 6454 7.3: a browser names the page's origin wherever it matters, and "null" where it has none.
bool is_own_origin(std::string_view origin, std::string_view host) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (origin.size() == scheme.size() + host.size() && equals_ignoring_case(origin.substr(0, scheme.size()), scheme) &&
        equals_ignoring_case(origin.substr(scheme.size()), host)) {
      return true;
    }
  }
  return false;
}

bool is_cross_site(const request& asked) {
  return std::any_of(asked.head.fields.begin(), asked.head.fields.end(), [&](const headers::field& each) {
    if (equals_ignoring_case(each.name, "Origin")) return !is_own_origin(each.value, asked.facts.host.text);
    if (equals_ignoring_case(each.name, "Sec-Fetch-Site")) return each.value != "same-origin" && each.value != "none";
    return false;
  });
}

/// A page can send a form or a text to any site, without asking that site first; JSON, or a field of its own, it cannot.
/// What has neither a body nor a type was sent by no form.
bool is_like_a_form(const request& asked) {
  if (asked.has("X-Requested-With")) return false;
  const auto type = asked.field("Content-Type");
  if (type.empty()) return !asked.body.empty();
  return !equals_ignoring_case(headers::trimmed(type.substr(0, type.find(';'))), "application/json");
}

}  // namespace

std::optional<answer> objection(const gate& at, const request& asked, secrecy what) {
  if (is_misdirected(at, asked)) {
    return refusal(421, fmt::format("ask for this endpoint by its own address, http://{}", at.bind.to_string()));
  }
  if (needs_token(at, what) && !has_token(at, asked)) {
    return refusal(401, R"(this needs the token in the file of "admin.token_file", as "Authorization: Bearer TOKEN")");
  }
  if (what != secrecy::changing) return std::nullopt;
  if (is_cross_site(asked)) return refusal(403, "a page of another site cannot change anything here");
  if (is_like_a_form(asked)) return refusal(415, R"(send "Content-Type: application/json")");
  return std::nullopt;
}

}  // namespace opslb::admin
