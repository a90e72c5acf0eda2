#include "headers/known_field.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "headers/characters.hpp"

namespace opslb::headers {
namespace {

using enum field_id;

constexpr known_field named(field_id id) { return {.id = id}; }
constexpr known_field hop(field_id id = other) { return {.id = id, .hop_by_hop = true, .never_in_trailer = true}; }
constexpr known_field client(field_id id = other) { return {.id = id, .identity = true, .never_in_trailer = true}; }
constexpr known_field head_only(field_id id = other) { return {.id = id, .never_in_trailer = true}; }

struct row {
  std::string_view name;  ///< lower case, with '-' alone
  known_field meaning;
};

constexpr row rows[] = {
    // RFC 9110 7.6.1, and what was never registered but is sent all the same.
    {"connection", hop(connection)},
    {"keep-alive", hop(keep_alive)},
    {"proxy-connection", hop()},
    {"te", hop(te)},
    {"transfer-encoding", hop(transfer_encoding)},
    {"upgrade", hop(upgrade)},
    {"http2-settings", hop()},
    {"proxy-authorization", hop()},
    {"proxy-authenticate", hop()},

    {"accept", named(accept)},
    {"user-agent", named(user_agent)},
    {"referer", named(referer)},
    {"traceparent", named(traceparent)},
    {"x-mongodb-service-version", named(x_mongodb_service_version)},  // by which Ops Manager tells its version

    // RFC 9110 6.5.1 and RFC 7230 4.1.2: what must be known before the body, or says who may have it.
    {"authorization", head_only(authorization)},
    {"content-length", head_only(content_length)},
    {"cookie", head_only(cookie)},
    {"expect", head_only(expect)},
    {"host", head_only(host)},
    {"max-forwards", head_only(max_forwards)},
    {"trailer", head_only(trailer)},
    {"age", head_only()},
    {"cache-control", head_only()},
    {"content-encoding", head_only()},
    {"content-range", head_only()},
    {"content-type", head_only()},
    {"date", head_only()},
    {"expires", head_only()},
    {"if-match", head_only()},
    {"if-modified-since", head_only()},
    {"if-none-match", head_only()},
    {"if-range", head_only()},
    {"if-unmodified-since", head_only()},
    {"location", head_only()},
    {"pragma", head_only()},
    {"range", head_only()},
    {"retry-after", head_only()},
    {"set-cookie", head_only()},
    {"vary", head_only()},
    {"warning", head_only()},
    {"www-authenticate", head_only()},

    // What opslb writes itself.
    {"via", client(via)},
    {"x-forwarded-for", client(x_forwarded_for)},
    {"x-forwarded-host", client(x_forwarded_host)},
    {"x-forwarded-port", client(x_forwarded_port)},
    {"x-forwarded-proto", client(x_forwarded_proto)},
    {"x-proxied-https", client(x_proxied_https)},
    {"x-request-id", client(x_request_id)},

    // What else Jetty believes (ForwardedRequestCustomizer), and the standards.
    {"proxy-auth-cert", client()},
    {"proxy-ssl-id", client()},
    {"client-cert", client()},  // RFC 9440
    {"client-cert-chain", client()},
    {"proxy", client()},  // becomes HTTP_PROXY in a CGI environment

    // What other proxies write, and applications read, for the client's address …
    {"ali-cdn-real-ip", client()},
    {"cdn-real-ip", client()},
    {"cdn-src-ip", client()},
    {"cf-connecting-ip", client()},
    {"cf-connecting-ipv6", client()},
    {"cf-pseudo-ipv4", client()},
    {"client-ip", client()},
    {"fastly-client-ip", client()},
    {"http-client-ip", client()},
    {"http-x-forwarded-for", client()},
    {"incap-client-ip", client()},
    {"proxy-client-ip", client()},
    {"real-ip", client()},
    {"remote-addr", client()},
    {"remote-host", client()},
    {"source-ip", client()},
    {"true-client-ip", client()},
    {"x-appengine-user-ip", client()},
    {"x-azure-clientip", client()},
    {"x-azure-socketip", client()},
    {"x-client-ip", client()},
    {"x-clientip", client()},
    {"x-cluster-client-ip", client()},
    {"x-envoy-external-address", client()},
    {"x-envoy-internal", client()},
    {"x-proxyuser-ip", client()},
    {"x-remote-addr", client()},
    {"x-remote-host", client()},
    {"x-remote-ip", client()},
    {"x-remote-port", client()},
    {"x-source-ip", client()},
    {"x-true-client-ip", client()},
    {"x-true-ip", client()},
    {"z-forwarded-for", client()},

    // … and for the host, the scheme, the certificate or the target.
    {"cf-visitor", client()},
    {"fastly-ssl", client()},
    {"front-end-https", client()},
    {"https", client()},
    {"x-arr-clientcert", client()},
    {"x-arr-ssl", client()},
    {"x-host", client()},
    {"x-host-override", client()},
    {"x-http-destinationurl", client()},
    {"x-http-host-override", client()},
    {"x-https", client()},
    {"x-override-url", client()},
    {"x-protocol", client()},
    {"x-rewrite-url", client()},
    {"x-scheme", client()},
    {"x-server-name", client()},
    {"x-server-port", client()},
    {"x-url-scheme", client()},
};

/// Whole families of identity fields; the first byte decides whether they are looked at.
constexpr std::string_view x_families[] = {
    "x-forward",  // X-Forwarded-*, X-Forwarded, X-Forward-For, X-Forwarder-For
    "x-original",    "x-originating-", "x-proxied-",   "x-real-",           "x-ssl",
    "x-client-cert", "x-tls-client",   "x-amzn-mtls-", "x-envoy-original-",
};
constexpr std::string_view other_families[] = {"forwarded", "ssl-client-", "wl-proxy-"};

/// Lower case, with `_` and `.` read as `-`: what a CGI-like application makes of a name.
constexpr auto folded = [] {
  std::array<char, 256> table = detail::lower_table;
  table['_'] = '-';
  table['.'] = '-';
  return table;
}();

constexpr char fold(char c) { return folded[static_cast<unsigned char>(c)]; }

/// equals_ignoring_case() for a name of the table, eight bytes at a time. Setting the bit that tells the cases apart turns no
/// other character of a token into one of "a-z0-9-".
bool is_name(std::string_view token, std::string_view lower) {
  constexpr std::uint64_t case_bits = 0x2020202020202020;
  if (token.size() != lower.size()) return false;
  std::size_t i = 0;
  for (; i + 8 <= lower.size(); i += 8) {
    std::uint64_t a;
    std::uint64_t b;
    std::memcpy(&a, token.data() + i, 8);
    std::memcpy(&b, lower.data() + i, 8);
    if ((a | case_bits) != b) return false;
  }
  for (; i < lower.size(); ++i) {
    if ((static_cast<unsigned char>(token[i]) | 0x20U) != static_cast<unsigned char>(lower[i])) return false;
  }
  return true;
}

constexpr std::size_t slot_count = 512;

/// Four bytes tell the names above well enough apart; most other names meet an empty slot.
constexpr std::size_t first_slot(std::string_view name) {
  const auto at = [name](std::size_t i) { return static_cast<std::size_t>(static_cast<unsigned char>(fold(name[i]))); };
  const auto n = name.size();
  return (n * 37 + at(0) * 7 + at(n / 2) * 101 + at(n - 1) * 211 + at(n / 4) * 29) % slot_count;
}

/// Open addressing; a slot holds a row's number plus one, or 0.
constexpr auto slots = [] {
  static_assert(std::size(rows) < 255);
  std::array<std::uint8_t, slot_count> table{};
  for (std::size_t i = 0; i < std::size(rows); ++i) {
    auto slot = first_slot(rows[i].name);
    while (table[slot] != 0) slot = (slot + 1) % slot_count;
    table[slot] = static_cast<std::uint8_t>(i + 1);
  }
  return table;
}();

/// What a name gets that only becomes a known one once it is folded: an application may read it as that field, so what
/// opslb decides or writes anew must not come in by it.
constexpr known_field as_lookalike(const known_field& meant) {
  const bool decided_here = meant.identity || meant.hop_by_hop || meant.id == content_length;
  return {.identity = decided_here, .never_in_trailer = meant.never_in_trailer};
}

/// The third characters of the families: nearly every name is told from all of them by its own.
constexpr auto family_marks = [] {
  std::array<bool, 256> marks{};
  for (const auto family : x_families) marks[static_cast<unsigned char>(family[2])] = true;
  for (const auto family : other_families) marks[static_cast<unsigned char>(family[2])] = true;
  return marks;
}();

template <std::size_t N>
constexpr bool in_family(std::string_view name, const std::string_view (&families)[N]) {
  const char mark = fold(name[2]);
  for (const auto family : families) {
    if (family[2] == mark && is_spelling_of(name.substr(0, family.size()), family)) return true;
  }
  return false;
}

}  // namespace

known_field classify(std::string_view name) {
  if (name.empty()) return {};
  for (auto slot = first_slot(name); slots[slot] != 0; slot = (slot + 1) % slot_count) {
    const row& known = rows[slots[slot] - 1];
    if (is_name(name, known.name)) return known.meaning;
    if (is_spelling_of(name, known.name)) return as_lookalike(known.meaning);
  }
  if (name.size() < 3 || !family_marks[static_cast<unsigned char>(fold(name[2]))]) return {};
  const char first = fold(name.front());
  if (first == 'x' ? in_family(name, x_families)
                   : (first == 'f' || first == 's' || first == 'w') && in_family(name, other_families)) {
    return client();
  }
  return {};
}

bool detail::equal_ignoring_case(std::string_view a, std::string_view b) {
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (to_lower(a[i]) != to_lower(b[i])) return false;
  }
  return true;
}

bool detail::equal_when_folded(std::string_view a, std::string_view b) {
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (fold(a[i]) != fold(b[i])) return false;
  }
  return true;
}

}  // namespace opslb::headers
