#include "proxy/config_values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "headers/characters.hpp"
#include "headers/known_field.hpp"
#include "headers/target.hpp"
#include "proxy/parse.hpp"

namespace opslb {
namespace {

using text_outcome = outcome<std::string>;

bool is_alphanumeric(char c) {
  return headers::is(headers::digit, c) || (headers::to_lower(c) >= 'a' && headers::to_lower(c) <= 'z');
}
bool is_any_of(char c, std::string_view these) { return these.find(c) != std::string_view::npos; }

template <std::size_t N>
bool names_one_of(std::string_view name, const std::array<std::string_view, N>& names) {
  return std::any_of(names.begin(), names.end(), [name](auto one) { return headers::equals_ignoring_case(name, one); });
}

}  // namespace

text_outcome to_name(std::string_view text) {
  const bool is_plain =
      std::all_of(text.begin(), text.end(), [](char c) { return is_alphanumeric(c) || is_any_of(c, "._-:[]"); });
  if (text.empty() || text.size() > 64 || !is_plain) {
    return text_outcome::bad("must have 1 to 64 characters: letters, digits and . _ - : [ ]");
  }
  return text_outcome::good(std::string(text));
}

text_outcome to_backend_name(std::string_view text) {
  const std::size_t at = text.find('@');
  if (at == std::string_view::npos) return to_name(text);
  const auto fits = [](char c) { return is_alphanumeric(c) || is_any_of(c, "._-:[]"); };
  const std::string_view host = text.substr(at + 1);
  const bool is_host = !host.empty() && host.size() <= 270 && std::all_of(host.begin(), host.end(), fits);
  if (!is_host || !to_name(text.substr(0, at)).value) {
    return text_outcome::bad("must be NAME@HOST, as opslb status shows backends that were found under a name");
  }
  return text_outcome::good(std::string(text));
}

text_outcome to_host_name(std::string_view text) {
  constexpr auto wrong = R"(must be a host name without a port, such as "lb1.example.com")";
  if (text.empty() || text.size() > 253) return text_outcome::bad(wrong);
  for (std::size_t begin = 0; begin <= text.size();) {
    const auto end = std::min(text.find('.', begin), text.size());
    const auto label = text.substr(begin, end - begin);
    const bool is_word =
        std::all_of(label.begin(), label.end(), [](char c) { return is_alphanumeric(c) || is_any_of(c, "-_"); });
    if (label.empty() || label.size() > 63 || !is_word || label.front() == '-' || label.back() == '-') {
      return text_outcome::bad(wrong);
    }
    begin = end + 1;
  }
  return text_outcome::good(std::string(text));
}

text_outcome to_client_ip_header(std::string_view text) {
  // Written by opslb with another meaning (contract 3), or read by Jetty as something else than an address.
  constexpr std::array<std::string_view, 10> other_meaning = {
      "X-Forwarded-Host", "X-Forwarded-Port", "X-Forwarded-Proto", "X-Forwarded-Server", "X-Proxied-Https", "Via",
      "X-Request-Id",     "Forwarded",        "Proxy-ssl-id",      "Proxy-auth-cert"};
  // RFC 9110 7.6.1, RFC 9112 6, and what a request cannot do without.
  constexpr std::array<std::string_view, 18> of_the_message = {
      "Host",   "Content-Length", "Transfer-Encoding", "Connection",         "Keep-Alive",          "Proxy-Connection",
      "TE",     "Trailer",        "Upgrade",           "Proxy-Authenticate", "Proxy-Authorization", "Authorization",
      "Cookie", "Expect",         "Content-Type",      "Content-Encoding",   "Max-Forwards",        "Date"};
  if (!headers::all_of(headers::token_character, text))
    return text_outcome::bad(R"(must be a header field name, such as "X-Forwarded-For")");
  if (names_one_of(text, of_the_message)) {
    return text_outcome::bad(
        fmt::format(R"(must not be "{}", which HTTP itself uses; the usual one is "X-Forwarded-For")", text));
  }
  if (names_one_of(text, other_meaning)) {
    return text_outcome::bad(
        fmt::format(R"(must not be "{}", which says something else than the client's address; the usual one is )"
                    R"("X-Forwarded-For")",
                    text));
  }
  return text_outcome::good(std::string(text));
}

text_outcome to_check_path(std::string_view text) {
  if (!text.starts_with('/') || !headers::all_of(headers::target_character, text)) {
    return text_outcome::bad(R"(must be a path that begins with "/" and has no blanks, such as "/monitor/health")");
  }
  return text_outcome::good(std::string(text));
}

text_outcome to_path_prefix(std::string_view text) {
  if (!text.starts_with('/')) return text_outcome::bad(R"(this path prefix must begin with "/", such as "/agents/")");
  const headers::plain_path plain(text);
  if (plain.text() != text) {
    return text_outcome::bad(
        fmt::format("this prefix matches no path, because paths are compared decoded and resolved; write {}",
                    json::quoted(plain.text())));
  }
  return text_outcome::good(std::string(text));
}

text_outcome to_file_path(std::string_view text) {
  if (text.empty() || text.find('\0') != std::string_view::npos) return text_outcome::bad("must be a file's path");
  return text_outcome::good(std::string(text));
}

text_outcome to_log_path(std::string_view text) {
  if (text == "off")
    return text_outcome::bad(R"(cannot be off; set "level" to "error" for the least, or write "./off" for a file)");
  return to_access_log_path(text);
}

text_outcome to_access_log_path(std::string_view text) {
  if (text.empty() || text.find('\0') != std::string_view::npos)
    return text_outcome::bad(R"(must be "-" or a file's path)");
  return text_outcome::good(std::string(text));
}

}  // namespace opslb
