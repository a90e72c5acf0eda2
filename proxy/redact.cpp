#include "proxy/redact.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace opslb {
namespace {

constexpr std::string_view mask = "***";

/// Any parameter that ends like this, so that newPassword and access_token are masked too. To mask a sortKey does no harm.
constexpr std::array<std::string_view, 7> secret_endings = {"key",   "password", "passwd",     "passphrase",
                                                            "token", "secret",   "credentials"};
/// "sk" and "ak" are short for session key and agent key.
constexpr std::array<std::string_view, 7> secret_names = {"pwd",        "pass", "auth", "authorization",
                                                          "jsessionid", "sk",   "ak"};

/// 0 for what is dropped from names or may be more than a character.
constexpr auto kinds_of_character = [] {
  std::array<std::uint8_t, 256> kinds{};
  for (unsigned c = '0'; c <= '9'; ++c) kinds[c] = 27;
  for (unsigned i = 0; i < 26; ++i) kinds['a' + i] = kinds['A' + i] = static_cast<std::uint8_t>(1 + i);
  return kinds;
}();

constexpr std::uint8_t kind_of(char c) { return kinds_of_character[static_cast<unsigned char>(c)]; }

/// By the kind of a name's last character: a bit for each kind before it with which it may be a secret's.
constexpr auto secret_pairs = [] {
  std::array<std::uint32_t, 28> pairs{};
  const auto mark = [&pairs](std::string_view name) {
    pairs[kind_of(name.back())] |= 1U << kind_of(name[name.size() - 2]);
  };
  for (const std::string_view each : secret_endings) mark(each);
  for (const std::string_view each : secret_names) mark(each);
  for (std::uint32_t& each : pairs) each |= 1U;
  pairs[0] = ~0U;
  return pairs;
}();

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/// The byte at the front of `text`, percent-decoded, which is taken off.
char take_decoded(std::string_view& text) {
  char c = text.front();
  std::size_t used = 1;
  if (c == '%' && text.size() >= 3 && hex_value(text[1]) >= 0 && hex_value(text[2]) >= 0) {
    c = static_cast<char>(hex_value(text[1]) * 16 + hex_value(text[2]));
    used = 3;
  }
  text.remove_prefix(used);
  return c;
}

bool separates_parameters(char c) { return c == '&' || c == ';' || c == '?' || c == '#'; }

char* put_mask(char* out) { return std::copy(mask.begin(), mask.end(), out); }

/// What stands behind a path: the query, or ;parameters, where servlet containers take a session id from.
char* put_parameters(std::string_view rest, escape write, char* out) {
  while (!rest.empty()) {
    const auto end =
        static_cast<std::size_t>(std::find_if(rest.begin(), rest.end(), separates_parameters) - rest.begin());
    const auto parameter = rest.substr(0, end);
    const auto equals = parameter.find('=');
    if (equals != std::string_view::npos && names_a_secret(parameter.substr(0, equals))) {
      out = put_mask(write(parameter.substr(0, equals + 1), out));
    } else {
      out = write(parameter, out);
    }
    if (end == rest.size()) break;
    out = write(rest.substr(end, 1), out);
    rest.remove_prefix(end + 1);
  }
  return out;
}

/// Where the authority of a target begins; npos for the origin and the asterisk form, which have none.
std::size_t authority_begins(std::string_view target) {
  if (target.empty() || target.front() == '/' || target.front() == '*') return std::string_view::npos;
  const auto scheme_end = target.find("://");
  const auto query = std::min(target.find_first_of("?#"), target.size());
  return scheme_end < query ? scheme_end + 3 : 0;
}

}  // namespace

bool may_name_a_secret(std::string_view text) {
  if (text.size() < 4) return true;
  const char* const end = text.data() + text.size();
  return (secret_pairs[kind_of(end[-1])] >> kind_of(end[-2]) & 1U) != 0 || end[-3] == '%' || end[-4] == '%';
}

bool names_a_secret(std::string_view parameter) {
  if (!may_name_a_secret(parameter)) return false;
  // The longest ending is what has to fit; more of a name is not looked at, but for telling a whole name from an ending.
  std::array<char, 64> last{};
  std::size_t length = 0;
  while (!parameter.empty()) {
    const char c = take_decoded(parameter);
    if (c == '_' || c == '-' || c == '.' || c == '[' || c == ']' || c == '+' || c == ' ') continue;
    if (length == last.size()) {  // keep the second half
      std::copy(last.begin() + last.size() / 2, last.end(), last.begin());
      length = last.size() / 2;
    }
    last[length++] = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  }
  const std::string_view name(last.data(), length);
  return std::any_of(secret_endings.begin(), secret_endings.end(), [name](auto end) { return name.ends_with(end); }) ||
         std::find(secret_names.begin(), secret_names.end(), name) != secret_names.end();
}

char* put_redacted_target(std::string_view target, escape write, char* out) {
  if (const auto begin = authority_begins(target); begin != std::string_view::npos) {
    const auto end = std::min(target.find_first_of("/?#", begin), target.size());
    out = write(target.substr(0, begin), out);
    out = put_redacted_host(target.substr(begin, end - begin), write, out);
    target.remove_prefix(end);
  }
  const auto path_end = std::min(target.find_first_of("?#;"), target.size());
  out = write(target.substr(0, path_end), out);
  return put_parameters(target.substr(path_end), write, out);
}

char* put_redacted_host(std::string_view host, escape write, char* out) {
  if (const auto at = host.rfind('@'); at != std::string_view::npos) {
    out = put_mask(out);
    host.remove_prefix(at);
  }
  return write(host, out);
}

}  // namespace opslb
