#include "proxy/init.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <system_error>
#include <utility>

#include "proxy/systemd/environment.hpp"

namespace opslb {
namespace {

constexpr pid_t init = 1;
constexpr std::array<int, 6> passed_on = {SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2};

/// Carries the number of the process that serves from now on.
int follow_signal() { return SIGRTMIN; }

sigset_t all_signals() {
  sigset_t set;
  ::sigfillset(&set);
  return set;
}

struct succession {
  pid_t serving;
  pid_t before = 0;   ///< may still be there, and is the one to know if its successor fails
  int ends_with = 0;  ///< SIGTERM or SIGINT, once it was passed on
};

/// Only those two have a say.
void follow(const siginfo_t& told, succession& known) {
  const pid_t next = told.si_value.sival_int;
  if (told.si_code != SI_QUEUE || next <= init || (told.si_pid != known.serving && told.si_pid != known.before)) return;
  known.before = std::exchange(known.serving, next);
  // It crossed the news of a takeover, so that only the process before has heard of it.
  if (known.ends_with != 0 && next != told.si_pid) ::kill(next, known.ends_with);
}

/// The lowest signal comes first, and SIGCHLD is lower than word of a takeover before it.
void hear_of_takeovers(succession& known) {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, follow_signal());
  const timespec at_once{};
  siginfo_t told{};
  while (::sigtimedwait(&set, &told, &at_once) >= 0) follow(told, known);
}

int exit_code_of(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status); }

/// Waits for all that have ended. Exits with the one that serves.
void reap(succession& known) {
  for (;;) {
    int status = 0;
    const pid_t ended = ::waitpid(-1, &status, WNOHANG);
    if (ended <= 0) return;
    hear_of_takeovers(known);
    if (ended == known.serving) ::_exit(exit_code_of(status));
  }
}

[[noreturn]] void stand_by(pid_t first) {
  succession known{first};
  const sigset_t set = all_signals();
  for (;;) {
    siginfo_t told{};
    const int number = ::sigwaitinfo(&set, &told);
    hear_of_takeovers(known);  // before anything is passed on to whoever served until now
    if (number == SIGCHLD) reap(known);
    if (number == follow_signal()) follow(told, known);
    for (const int each : passed_on) {
      if (number == each) ::kill(known.serving, number);
    }
    if (number == SIGTERM || number == SIGINT) known.ends_with = number;
  }
}

}  // namespace

void become_init() {
  const sigset_t set = all_signals();
  sigset_t before;
  ::sigprocmask(SIG_SETMASK, &set, &before);
  const pid_t child = ::fork();
  if (child < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (child > 0) stand_by(child);
  ::setpgid(0, 0);  // what a terminal sends comes once, through process 1
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  systemd::pass_on(init, ::getpid());
}

void tell_init(pid_t serves) {
  sigval value{};
  value.sival_int = serves;
  ::sigqueue(init, follow_signal(), value);
}

}  // namespace opslb
