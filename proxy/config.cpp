#include "proxy/config.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <memory>
#include <system_error>
#include <utility>

#include "proxy/config_files.hpp"
#include "proxy/config_findings.hpp"
#include "proxy/config_keys.hpp"
#include "proxy/config_values.hpp"
#include "proxy/parse.hpp"
#include "proxy/utf8.hpp"
#include "proxy/validate.hpp"

namespace opslb {
namespace {

constexpr std::size_t largest_file = 1024 * 1024;

load_result only(config_problem problem) {
  load_result out;
  out.problems.push_back(std::move(problem));
  return out;
}

// Where the byte at `offset` stands.
config_problem problem_at(std::string_view text, std::size_t offset, std::string message) {
  const auto before = text.substr(0, offset);
  const auto line = static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n')) + 1;
  const auto line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  return {line, offset - line_start + 1, {}, std::move(message)};
}

// A file that is no UTF-8 text at all, as one problem.
std::optional<config_problem> fault_in_encoding(std::string_view text) {
  if (text.size() > largest_file)
    return config_problem{0, 0, {}, "is larger than 1 MiB; this is no configuration file of opslb"};
  if (const auto valid = valid_utf8_prefix(text); valid != text.size()) {
    return problem_at(text, valid, "this is not UTF-8 text; save the file in UTF-8");
  }
  if (const auto nul = text.find('\0'); nul != std::string_view::npos) {
    return problem_at(text, nul, "there is a NUL byte here; save the file as plain text in UTF-8");
  }
  return std::nullopt;
}

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == std::string_view::npos; }

void refuse_caching(const json::value& around, const std::string& path, findings& found) {
  for (std::size_t i = 0; i < around.items.size(); ++i) {
    const auto& item = around.items[i];
    const auto item_path = around.what == json::kind::object ? json::path_to(path, item.key) : json::path_to(path, i);
    if (around.what == json::kind::object && asks_for_caching(item.key)) {
      found.error(item.key_at, item_path,
                  "Ops Manager requires that its load balancer returns no cached content, so opslb has no cache "
                  "to turn on; remove this key");
    }
    refuse_caching(item, item_path, found);
  }
}

std::string own_host_name() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0) return "opslb";
  return to_host_name(name.data()).value.value_or("opslb");
}

std::string absolute_path(const std::string& path, const std::filesystem::path& directory) {
  std::error_code no_working_directory;  // the path stays relative then, and opening it fails with a message
  const auto whole = std::filesystem::absolute(directory / path, no_working_directory);
  return (no_working_directory ? directory / path : whole).lexically_normal().string();
}

// Empty and "-" name no file.
void make_absolute(std::string& path, const std::filesystem::path& directory) {
  if (!path.empty() && path != "-") path = absolute_path(path, directory);
}

void make_absolute(tls_config& tls, const std::filesystem::path& directory) {
  for (auto& files : tls.certificates) {
    make_absolute(files.certificate, directory);
    make_absolute(files.key, directory);
  }
  make_absolute(tls.client_ca, directory);
  make_absolute(tls.crl, directory);
}

void make_paths_absolute(config& c, const std::filesystem::path& directory) {
  for (auto& listener : c.listeners) {
    if (listener.tls) make_absolute(*listener.tls, directory);
  }
  make_absolute(c.backend_tls.ca, directory);
  make_absolute(c.backend_tls.certificate, directory);
  make_absolute(c.backend_tls.key, directory);
  if (c.access_log.path != "off") make_absolute(c.access_log.path, directory);
  make_absolute(c.log.path, directory);
  make_absolute(c.admin.bind.path, directory);
  make_absolute(c.admin.token_file, directory);
  make_absolute(c.state_file, directory);
}

// Defaults that depend on other values, or on the machine.
void complete(config& c, const std::filesystem::path& directory) {
  for (auto& b : c.backends) {
    // SRV records say the ports.
    if (b.name.empty()) b.name = b.resolve == resolve_rule::srv ? b.host : write_host_and_port(b.host, b.port);
  }
  c.named_backends = c.backends;
  auto& rules = c.timeouts.idle_for;
  std::stable_sort(rules.begin(), rules.end(),
                   [](const auto& a, const auto& b) { return a.prefix.size() > b.prefix.size(); });
  if (c.forwarded.server_name.empty()) c.forwarded.server_name = own_host_name();
  make_paths_absolute(c, directory);
}

outcome<std::string> read_file(const std::filesystem::path& file) {
  using result = outcome<std::string>;
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> in(std::fopen(file.c_str(), "rbe"), &std::fclose);
  if (!in) return result::bad(fmt::format("cannot be opened: {}", std::strerror(errno)));
  std::string text(largest_file + 1, '\0');  // one byte more, to tell what is too large
  text.resize(std::fread(text.data(), 1, text.size(), in.get()));
  if (std::ferror(in.get()) != 0) return result::bad(fmt::format("cannot be read: {}", std::strerror(errno)));
  return result::good(std::move(text));
}

using further_check = void (*)(const config&, findings&);

load_result read_text(std::string_view text, const std::filesystem::path& directory, further_check check) {
  if (auto fault = fault_in_encoding(text)) return only(std::move(*fault));
  if (is_blank(text))
    return only({1, 1, {}, R"(the file is empty; a configuration has at least "listeners" and "backends")"});

  auto document = json::parse(text);
  findings found;
  for (auto& problem : document.problems) found.error(problem.at, std::move(problem.path), std::move(problem.message));
  load_result out;
  if (document.root && document.root->what != json::kind::object) {
    found.error(document.root->at, {},
                fmt::format("the file must hold one object, {{ … }}, not {}", name_of(document.root->what)));
  } else if (document.root) {
    found.saw({}, document.root->at);
    refuse_caching(*document.root, {}, found);
    auto read = read_keys(*document.root, found);
    complete(read, directory);
    validate(read, found);
    check(read, found);
    out.value = std::move(read);
  }
  out.warnings = found.take_warnings();
  out.problems = found.take_errors();
  if (!out.problems.empty()) out.value.reset();
  return out;
}

}  // namespace

std::string admin_bind::to_string() const {
  switch (what) {
    case kind::tcp: return tcp.to_string();
    case kind::unix_socket: return "unix:" + path;
    case kind::off: break;
  }
  return "off";
}

load_result parse_config(std::string_view text, const std::filesystem::path& directory) {
  return read_text(text, directory, [](const config&, findings&) {});
}

load_result load_config(const std::filesystem::path& file) {
  auto text = read_file(file);
  if (!text.value) return only({0, 0, {}, std::move(text.wrong)});
  return read_text(*text.value, file.parent_path(),
                   [](const config& read, findings& found) { check_files(read, std::time(nullptr), found); });
}

std::string describe(const config_problem& problem, const std::filesystem::path& file) {
  auto out = file.string();
  if (problem.line != 0) out += fmt::format(":{}:{}", problem.line, problem.column);
  if (!problem.path.empty()) out += fmt::format(": {}", problem.path);
  return fmt::format("{}: {}", out, problem.message);
}

}  // namespace opslb
