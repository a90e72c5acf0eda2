#include "headers/known_field.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

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

/// Whole families of identity fields. Those whose third characters are the same stand together.
constexpr std::string_view families[] = {
    "x-amzn-mtls-", "x-client-cert",  "x-envoy-original-",
    "x-forward",  // X-Forwarded-*, X-Forwarded, X-Forward-For, X-Forwarder-For
    "x-original",   "x-originating-", "x-proxied-",        "x-real-",   "forwarded",
    "x-ssl",        "x-tls-client",   "ssl-client-",       "wl-proxy-",
};

/// Lower case, with `_` and `.` read as `-`: what a CGI-like application makes of a name.
constexpr auto folded = [] {
  std::array<char, 256> table = detail::lower_table;
  table['_'] = '-';
  table['.'] = '-';
  return table;
}();

constexpr char fold(char c) { return folded[static_cast<unsigned char>(c)]; }

// Names are compared by words, not byte by byte: most are no longer than two of them.

/// The first bytes and the last ones of a name, eight where there are so many. They overlap in a name of less than sixteen;
/// only a longer one has anything between them.
struct name_ends {
  std::uint64_t first;
  std::uint64_t last;
};

template <typename Word>
constexpr std::uint64_t load(const char* from) {
  std::array<char, sizeof(Word)> bytes{};
  if (std::is_constant_evaluated()) {
    std::copy_n(from, sizeof(Word), bytes.begin());
  } else {
    std::memcpy(bytes.data(), from, sizeof(Word));
  }
  return std::bit_cast<Word>(bytes);
}

/// Of a name that is not empty.
constexpr name_ends ends_of(std::string_view name) {
  const char* const begin = name.data();
  const std::size_t size = name.size();
  if (size >= 8) return {load<std::uint64_t>(begin), load<std::uint64_t>(begin + size - 8)};
  if (size >= 4) return {load<std::uint32_t>(begin), load<std::uint32_t>(begin + size - 4)};
  if (size >= 2) return {load<std::uint16_t>(begin), load<std::uint16_t>(begin + size - 2)};
  return {load<std::uint8_t>(begin), 0};
}

/// Setting the bit that tells the cases apart turns no other character of a token into one of "a-z0-9-".
constexpr std::uint64_t case_bits = 0x2020202020202020;

constexpr name_ends in_lower_case(const name_ends& ends) { return {ends.first | case_bits, ends.last | case_bits}; }

/// equals_ignoring_case() for what lies between the ends of a name of the table, which is none of its last eight bytes.
bool has_middle(std::string_view token, std::string_view lower) {
  for (std::size_t i = 8; i + 8 < lower.size(); i += 8) {
    if ((load<std::uint64_t>(token.data() + i) | case_bits) != (load<std::uint64_t>(lower.data() + i) | case_bits))
      return false;
  }
  return true;
}

/// A row, made ready to be compared with.
struct known_name {
  name_ends ends;
  std::string_view name;
  known_field meaning;

  bool is(std::string_view token, const name_ends& its_ends) const {
    const name_ends lower = in_lower_case(its_ends);
    return token.size() == name.size() && lower.first == ends.first && lower.last == ends.last &&
           (name.size() <= 16 || has_middle(token, name));
  }
};

constexpr auto known_names = [] {
  std::array<known_name, std::size(rows)> names{};
  for (std::size_t i = 0; i < names.size(); ++i) {
    names[i] = {in_lower_case(ends_of(rows[i].name)), rows[i].name, rows[i].meaning};
  }
  return names;
}();

constexpr unsigned slot_bits = 9;
constexpr std::size_t slot_count = std::size_t{1} << slot_bits;

/// Where a name stands in the table, or would. All spellings of one must come to the same, so of each byte count only the two
/// bits that tell neither capitals from small letters nor `_` and `.` from `-`: thirty-two in all, which is plenty.
constexpr std::size_t first_slot(std::string_view name, const name_ends& ends) {
  constexpr std::uint64_t spelt_alike = 0x0C0C0C0C0C0C0C0C;
  constexpr std::uint64_t spread = 0xFAB8AC3EA772813B;  // of many that were tried the one with the fewest clashes
  const std::uint64_t bits = (ends.first & spelt_alike) | (ends.last & spelt_alike) << 2;
  return ((bits + name.size()) * spread) >> (64 - slot_bits);
}

/// Open addressing; a slot holds a row's number plus one, or 0. Most names that are not in it meet an empty slot.
constexpr auto slots = [] {
  static_assert(std::size(rows) < 255);
  std::array<std::uint8_t, slot_count> table{};
  for (std::size_t i = 0; i < std::size(rows); ++i) {
    auto slot = first_slot(rows[i].name, ends_of(rows[i].name));
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

/// By a name's third character the first of the families that have it there, whose number is one less; 0: no family has.
/// Nearly every name is told from all of them by its own.
constexpr auto first_of_families = [] {
  std::array<std::uint8_t, 256> first{};
  for (std::size_t i = std::size(families); i-- > 0;) {
    first[static_cast<unsigned char>(families[i][2])] = static_cast<std::uint8_t>(i + 1);
  }
  return first;
}();

static_assert(
    [] {
      for (std::size_t i = 1; i < std::size(families); ++i) {
        const bool begins_anew = families[i][2] != families[i - 1][2];
        if (begins_anew && first_of_families[static_cast<unsigned char>(families[i][2])] != i + 1) return false;
      }
      return true;
    }(),
    "families with the same third character stand together");

bool is_in_family(std::string_view name) {
  if (name.size() < 3) return false;
  const char mark = fold(name[2]);
  const std::size_t first = first_of_families[static_cast<unsigned char>(mark)];
  if (first == 0) return false;
  for (std::size_t i = first - 1; i < std::size(families) && families[i][2] == mark; ++i) {
    const std::string_view family = families[i];
    if (name.size() < family.size() || fold(name[family.size() - 1]) != family.back()) continue;
    if (is_spelling_of(name.substr(0, family.size()), family)) return true;
  }
  return false;
}

/// classify() for a name that is none of the table's, or not where it was looked for first. Apart, since it is called for few.
[[gnu::noinline]] known_field look_on(std::string_view name, std::size_t slot) {
  const name_ends ends = ends_of(name);
  for (; slots[slot] != 0; slot = (slot + 1) % slot_count) {
    const known_name& known = known_names[slots[slot] - 1U];
    if (known.is(name, ends)) return known.meaning;
    if (is_spelling_of(name, known.name)) return as_lookalike(known.meaning);
  }
  return is_in_family(name) ? client() : known_field();
}

}  // namespace

known_field classify(std::string_view name) {
  if (name.empty()) return {};
  const name_ends ends = ends_of(name);
  const std::size_t slot = first_slot(name, ends);
  if (slots[slot] == 0) return is_in_family(name) ? client() : known_field();
  const known_name& first = known_names[slots[slot] - 1U];
  return first.is(name, ends) ? first.meaning : look_on(name, slot);
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
