#include "proxy/systemd/environment.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <utility>

namespace opslb::systemd {
namespace {

/// More than anybody has listeners.
constexpr std::size_t most_sockets = 1024;

template <typename Number>
std::optional<Number> to_number(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// nullopt: it is no number.
std::optional<bool> is_meant(const char* pid, pid_t self) {
  const auto whose = to_number<pid_t>(pid);
  if (!whose || *whose < 1) return std::nullopt;
  return *whose == self;
}

/// One more than there are colons (LISTEN_FDNAMES).
std::vector<std::string> split_names(std::string_view text) {
  std::vector<std::string> out;
  for (;;) {
    const auto colon = text.find(':');
    out.emplace_back(text.substr(0, colon));
    if (colon == std::string_view::npos) return out;
    text.remove_prefix(colon + 1);
  }
}

}  // namespace

outcome<std::vector<std::string>> parse_sockets(const char* pid, const char* count, const char* names, pid_t self) {
  using result = outcome<std::vector<std::string>>;
  if (pid == nullptr || count == nullptr) return result::good({});
  const auto meant = is_meant(pid, self);
  if (!meant) return result::bad(fmt::format("LISTEN_PID is no process number: {}", pid));
  if (!*meant) return result::good({});
  const auto sockets = to_number<std::size_t>(count);
  if (!sockets || *sockets > most_sockets)
    return result::bad(fmt::format("LISTEN_FDS is no number of sockets: {}", count));
  if (names == nullptr || *sockets == 0) return result::good(std::vector<std::string>(*sockets));
  auto found = split_names(names);
  if (found.size() != *sockets)
    return result::bad(fmt::format("LISTEN_FDNAMES has {} names for {} sockets", found.size(), *sockets));
  return result::good(std::move(found));
}

outcome<std::optional<std::chrono::microseconds>> parse_watchdog(const char* pid, const char* time, pid_t self) {
  using result = outcome<std::optional<std::chrono::microseconds>>;
  if (time == nullptr) return result::good(std::nullopt);
  if (pid != nullptr) {
    const auto meant = is_meant(pid, self);
    if (!meant) return result::bad(fmt::format("WATCHDOG_PID is no process number: {}", pid));
    if (!*meant) return result::good(std::nullopt);
  }
  const auto value = to_number<std::int64_t>(time);
  if (!value || *value <= 0) return result::bad(fmt::format("WATCHDOG_USEC is no time: {}", time));
  return result::good(std::chrono::microseconds(*value));
}

inherited_sockets take_sockets() {
  auto names =
      parse_sockets(std::getenv("LISTEN_PID"), std::getenv("LISTEN_FDS"), std::getenv("LISTEN_FDNAMES"), ::getpid());
  if (!names.value) throw std::runtime_error(names.wrong);
  for (const char* each : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "LISTEN_PIDFDID"}) ::unsetenv(each);
  inherited_sockets sockets;
  int next = first_socket;
  for (std::string& name : *names.value) {
    const int fd = next++;
    std::string where = where_listens(fd);
    if (where.empty()) {
      throw std::runtime_error(fmt::format(
          "descriptor {} (\"{}\") from systemd does not listen for TCP or unix connections; opslb takes ListenStream= "
          "with Accept=no",
          fd, name));
    }
    ::fcntl(fd, F_SETFD, FD_CLOEXEC);
    ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
    sockets.add(fd, std::move(where), std::move(name), true);
  }
  return sockets;
}

void pass_on(pid_t before, pid_t self) {
  for (const char* each : {"LISTEN_PID", "WATCHDOG_PID"}) {
    const char* const value = std::getenv(each);
    if (value != nullptr && value == std::to_string(before)) ::setenv(each, std::to_string(self).c_str(), 1);
  }
}

}  // namespace opslb::systemd
