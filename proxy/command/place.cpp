#include "proxy/command/place.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <iterator>

#include "headers/known_field.hpp"
#include "proxy/config.hpp"
#include "proxy/config_token.hpp"
#include "proxy/config_values.hpp"

namespace opslb::command {
namespace {

namespace fs = std::filesystem;
using result = outcome<place>;

constexpr const char* default_file = "/etc/opslb/opslb.json";

place to_place(const headers::endpoint& bind) {
  place out;
  // Whoever listens on all addresses listens on this one.
  const auto address = bind.address.to_string();
  const bool is_any = address == "0.0.0.0" || address == "::";
  out.host = is_any ? "127.0.0.1" : address;
  out.port = bind.port;
  return out;
}

result by_bind(const admin_config& admin, const std::string& file) {
  switch (admin.bind.what) {
    case admin_bind::kind::off:
      return result::bad(
          fmt::format("the admin endpoint is switched off in {}, so no command can reach the process", file));
    case admin_bind::kind::unix_socket: return result::good({.unix_path = admin.bind.path, .host = {}, .token = {}});
    case admin_bind::kind::tcp: break;
  }
  if (admin.bind.tcp.port == 0) {
    return result::bad(
        fmt::format("the admin endpoint in {} is on any free port; name the one in the log with --admin", file));
  }
  return result::good(to_place(admin.bind.tcp));
}

/// Without a look at the certificates, which the caller may not be allowed to read.
result by_file(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return result::bad(fmt::format("{} cannot be opened: {}", file.string(), std::strerror(errno)));
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  const auto loaded = parse_config(text, file.parent_path());
  if (!loaded.value) {
    return result::bad(fmt::format("{}; name the process with --admin", describe(loaded.problems.front(), file)));
  }
  auto found = by_bind(loaded.value->admin, file.string());
  // A caller who may not read the token may still ask what needs none.
  if (found.value && !loaded.value->admin.token_file.empty())
    found.value->token = read_token(loaded.value->admin.token_file).value.value_or("");
  return found;
}

result without_token(const place_options& options) {
  if (!options.admin.empty()) {
    auto named = parse_place(options.admin);
    return named.value ? named : result::bad(fmt::format("--admin {}: {}", options.admin, named.wrong));
  }
  if (!options.config.empty()) return by_file(options.config);
  std::error_code not_to_be_seen;
  if (fs::exists(default_file, not_to_be_seen)) return by_file(default_file);
  return result::good(to_place(admin_config().bind.tcp));
}

}  // namespace

std::string place::to_string() const {
  return unix_path.empty() ? write_host_and_port(host, port) : "unix:" + unix_path;
}

outcome<place> parse_place(std::string_view text) {
  constexpr std::string_view form = R"(must be HOST:PORT, http://HOST:PORT or unix:PATH)";
  constexpr std::string_view http = "http://";
  constexpr std::string_view unix_socket = "unix:";
  if (text.starts_with(unix_socket)) {
    const std::string path(text.substr(unix_socket.size()));
    return path.empty() ? result::bad(std::string(form)) : result::good({.unix_path = path, .host = {}, .token = {}});
  }
  if (headers::equals_ignoring_case(text.substr(0, http.size()), http)) text.remove_prefix(http.size());
  if (text.ends_with('/')) text.remove_suffix(1);
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos || text.find('/') != std::string_view::npos)
    return result::bad(std::string(form));
  auto host = text.substr(0, colon);
  const auto port = text.substr(colon + 1);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return result::bad("needs brackets around an IPv6 address, such as [::1]:9080");
  }
  place out;
  out.host = host;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), out.port);
  if (host.empty() || error != std::errc() || end != port.data() + port.size() || out.port == 0)
    return result::bad(std::string(form));
  return result::good(std::move(out));
}

outcome<place> find_place(const place_options& options) {
  auto found = without_token(options);
  if (!found.value || options.token_file.empty()) return found;
  auto token = read_token(options.token_file);
  if (!token.value) return result::bad(fmt::format("--token-file: {}", token.wrong));
  found.value->token = std::move(*token.value);
  return found;
}

}  // namespace opslb::command
