#include "proxy/takeover/launch.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <string_view>
#include <system_error>

namespace opslb::takeover {
namespace {

namespace fs = std::filesystem;

bool can_run(const fs::path& file) {
  std::error_code ignored;
  return fs::is_regular_file(file, ignored) && ::access(file.c_str(), X_OK) == 0;
}

/// As execvp() looks for a name without a slash.
fs::path find_in_path(std::string_view name) {
  const char* const variable = std::getenv("PATH");
  std::string_view rest = variable == nullptr ? "" : variable;
  while (!rest.empty()) {
    const std::string_view folder = rest.substr(0, rest.find(':'));
    rest.remove_prefix(std::min(folder.size() + 1, rest.size()));
    const fs::path file = fs::absolute(fs::path(folder.empty() ? "." : folder) / name);
    if (can_run(file)) return file;
  }
  return {};
}

/// Throws unless `error` is 0.
void require(int error, const char* what) {
  if (error != 0) throw std::system_error(error, std::generic_category(), what);
}

/// What posix_spawn() does between the new process's beginning and its program.
class spawn_plan {
 public:
  explicit spawn_plan(int link) {
    require(::posix_spawn_file_actions_init(&files_), "posix_spawn_file_actions_init");
    require(::posix_spawnattr_init(&attributes_), "posix_spawnattr_init");
    require(::posix_spawn_file_actions_adddup2(&files_, link, link_descriptor), "dup2");
    // Everything else is closed on exec anyway; this makes sure of what a library may have opened.
    require(::posix_spawn_file_actions_addclosefrom_np(&files_, link_descriptor + 1), "closefrom");
    sigset_t none;
    sigset_t all;
    ::sigemptyset(&none);
    ::sigfillset(&all);
    require(::posix_spawnattr_setsigmask(&attributes_, &none), "setsigmask");
    require(::posix_spawnattr_setsigdefault(&attributes_, &all), "setsigdefault");
    require(::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF), "setflags");
  }
  ~spawn_plan() {
    ::posix_spawn_file_actions_destroy(&files_);
    ::posix_spawnattr_destroy(&attributes_);
  }
  spawn_plan(const spawn_plan&) = delete;
  spawn_plan& operator=(const spawn_plan&) = delete;

  int carry_out(pid_t& process, const std::string& path, char* const* arguments, char* const* environment) const {
    return ::posix_spawn(&process, path.c_str(), &files_, &attributes_, arguments, environment);
  }

 private:
  posix_spawn_file_actions_t files_{};
  posix_spawnattr_t attributes_{};
};

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (std::string& each : texts) out.push_back(each.data());
  out.push_back(nullptr);
  return out;
}

}  // namespace

program program_of(int count, char** arguments) {
  program found;
  for (int i = 0; i < count; ++i) found.arguments.emplace_back(arguments[i]);
  const std::string_view name = count > 0 ? arguments[0] : "";
  if (name.find('/') != std::string_view::npos) {
    found.path = fs::absolute(name).string();
  } else if (!name.empty()) {
    found.path = find_in_path(name).string();
  }
  std::error_code ignored;
  if (found.path.empty()) found.path = fs::read_symlink("/proc/self/exe", ignored).string();
  return found;
}

std::vector<std::string> environment_for_successor(const char* const* from) {
  // systemd's say which process they are for. NOTIFY_SOCKET and WATCHDOG_USEC are for whoever serves.
  constexpr std::array<std::string_view, 6> ours_alone = {"LISTEN_PID",     "LISTEN_FDS",   "LISTEN_FDNAMES",
                                                          "LISTEN_PIDFDID", "WATCHDOG_PID", link_variable};
  std::vector<std::string> out;
  for (; *from != nullptr; ++from) {
    const std::string_view each = *from;
    const std::string_view name = each.substr(0, each.find('='));
    if (std::find(ours_alone.begin(), ours_alone.end(), name) == ours_alone.end()) out.emplace_back(each);
  }
  return out;
}

pid_t start(const program& what, int link) {
  try {
    const spawn_plan plan(link);
    std::vector<std::string> arguments = what.arguments;
    std::vector<std::string> environment = environment_for_successor(environ);
    environment.push_back(fmt::format("{}={}", link_variable, link_descriptor));
    pid_t process = -1;
    require(plan.carry_out(process, what.path, pointers_to(arguments).data(), pointers_to(environment).data()),
            "spawn");
    return process;
  } catch (const std::system_error& problem) {
    throw std::runtime_error(fmt::format("cannot start {}: {}", what.path, problem.code().message()));
  }
}

std::string ending_of(pid_t process) {
  int status = 0;
  pid_t found = -1;
  do {
    found = ::waitpid(process, &status, 0);
  } while (found < 0 && errno == EINTR);
  if (found == process && WIFEXITED(status)) return fmt::format("exit code {}", WEXITSTATUS(status));
  if (found == process && WIFSIGNALED(status))
    return fmt::format("signal {} ({})", WTERMSIG(status), ::sigdescr_np(WTERMSIG(status)));
  return "an unknown end";
}

}  // namespace opslb::takeover
