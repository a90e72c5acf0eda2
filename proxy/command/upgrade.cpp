#include "proxy/command/upgrade.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <string_view>

#include "proxy/command/call.hpp"
#include "proxy/command/commands.hpp"
#include "proxy/command/upgrade_seen.hpp"
#include "proxy/command/upgrade_walk.hpp"

namespace opslb::command {
namespace {

using steady_clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto look_again = 1000ms;
/// A process that is replaced or restarted is away for less.
constexpr auto process_patience = 60s;

volatile std::sig_atomic_t is_stopped = 0;

void stop(int) { is_stopped = 1; }

std::string without_digits(std::string text) {
  std::erase_if(text, [](char c) { return c >= '0' && c <= '9'; });
  return text;
}

/// What the process will say again, however often it is asked.
struct final_refusal : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Lines for a terminal or for a file: what is being waited for is one line that changes, or one line each time it is another.
class teller {
 public:
  bool is_terminal() const { return terminal_; }
  void say(std::string_view line) {
    if (terminal_ && !progress_.empty()) fmt::print("\r\033[K");
    progress_.clear();
    fmt::print("{}\n", line);
    std::fflush(stdout);
  }
  void show(const std::string& progress) {
    if (progress.empty() || progress == progress_) return;
    const bool is_news = without_digits(progress) != without_digits(progress_);
    progress_ = progress;
    if (terminal_) {
      fmt::print("\r\033[K{}", progress);
    } else if (is_news) {  // a log needs no line for every second
      fmt::print("{}\n", progress);
    }
    std::fflush(stdout);
  }

 private:
  bool terminal_ = ::isatty(STDOUT_FILENO) == 1 && ::isatty(STDIN_FILENO) == 1;
  std::string progress_;
};

/// What the operator types, up to and with the end of the line; empty where there is no more to come. False: nothing came in time.
bool read_line(std::chrono::milliseconds within, std::string& line) {
  pollfd input{STDIN_FILENO, POLLIN, 0};
  if (::poll(&input, 1, static_cast<int>(within.count())) != 1) return false;
  char piece[256];
  const ssize_t size = ::read(STDIN_FILENO, piece, sizeof piece);
  line.assign(piece, size < 0 ? 0 : static_cast<std::size_t>(size));
  return true;
}

class leader {
 public:
  leader(place where, const upgrade_options& options) : process_(std::move(where)), options_(options) {}
  int run();

 private:
  reply ask(std::string_view method, std::string_view path) const;
  std::vector<seen_host> look();
  bool go_on(upgrade_walk& walk);
  bool may_begin();
  bool carry_out(upgrade_walk& walk, const walk_step& step);
  void wait(upgrade_walk& walk);
  int leave(const upgrade_walk& walk, std::string_view why);

  place process_;
  const upgrade_options& options_;
  teller tell_;
  steady_clock::time_point answered_ = steady_clock::now();
  steady_clock::time_point began_ = steady_clock::now();  ///< with the host that is out
};

int leader::run() {
  const std::vector<seen_host> seen = look();
  upgrade_walk walk(seen, options_.only);
  if (!walk.why_not().empty()) return say_no("upgrade", walk.why_not());
  for (const std::string& line : walk.describe(seen)) tell_.say(line);
  if (options_.dry_run) return done;
  if (!may_begin()) return answer_is_no;
  while (is_stopped == 0) {
    try {
      if (go_on(walk)) return done;
      const bool is_late = options_.timeout.count() != 0 && steady_clock::now() - began_ > options_.timeout;
      if (is_late) return leave(walk, "it took longer than --timeout");
    } catch (const final_refusal& no) {
      return leave(walk, no.what());
    } catch (const std::runtime_error& nobody) {
      // The process may be about to be replaced, or restarted.
      if (steady_clock::now() - answered_ > process_patience) return leave(walk, nobody.what());
      tell_.show(nobody.what());
      wait(walk);
    }
  }
  return leave(walk, "stopped");
}

/// One look, and what is to be done about it. True: all is done.
bool leader::go_on(upgrade_walk& walk) {
  const walk_step step = walk.next(look());
  if (!step.news.empty() && tell_.is_terminal()) ::tcflush(STDIN_FILENO, TCIFLUSH);  // typed before is no answer to it
  for (const std::string& line : step.news) tell_.say(line);
  if (step.what == walk_action::finish) return true;
  if (step.what == walk_action::confirm && options_.yes) walk.confirmed();
  if (step.what == walk_action::confirm && tell_.is_terminal()) tell_.say("press Enter to put it back all the same");
  tell_.show(step.progress);
  // A drain that the guard refused is asked for again.
  if (!carry_out(walk, step) || step.what == walk_action::wait) wait(walk);
  return false;
}

reply leader::ask(std::string_view method, std::string_view path) const {
  auto answer = call(process_, method, path, method == "POST" ? "{}" : "");
  if (!answer.value) throw std::runtime_error(answer.wrong);
  return std::move(*answer.value);
}

std::vector<seen_host> leader::look() {
  const reply answer = ask("GET", "/api/v1/status");
  if (!answer.is_good()) throw std::runtime_error(answer.detail());
  answered_ = steady_clock::now();
  return read_hosts(answer.body);
}

bool leader::may_begin() {
  if (options_.yes) return true;
  fmt::print("begin? [y/N] ");
  std::fflush(stdout);
  std::string line;
  while (is_stopped == 0 && !read_line(look_again, line)) {
  }
  if (!line.empty() && (line[0] == 'y' || line[0] == 'Y')) return true;
  fmt::print("{}nothing was done\n", line.ends_with('\n') ? "" : "\n");  // Ctrl-C and Ctrl-D end no line
  return false;
}

/// False: it was refused, and may not be a little later.
bool leader::carry_out(upgrade_walk& walk, const walk_step& step) {
  const bool drains = step.what == walk_action::drain;
  if (!drains && step.what != walk_action::put_back) return true;
  const std::string_view what = drains ? "drain" : "ready";
  const reply answer = ask("POST", fmt::format("/api/v1/backends/{}/{}", percent_encode(step.host), what));
  if (answer.is_good()) {
    if (drains) began_ = steady_clock::now();
    walk.carried_out(step.what);
    return true;
  }
  // 404: it has just gone, which the next look shows. 503: the process is busy.
  if (answer.status == 404 || answer.status == 503) throw std::runtime_error(answer.detail());
  if (answer.status != 409) throw final_refusal(answer.detail());
  tell_.show(fmt::format("waiting: {}", answer.detail()));
  return false;
}

/// Enter means: the host that is out is ready.
void leader::wait(upgrade_walk& walk) {
  std::string line;
  if (tell_.is_terminal()) {
    if (!read_line(look_again, line)) return;
    if (!line.empty()) return walk.confirmed();
  }
  ::poll(nullptr, 0, static_cast<int>(std::chrono::milliseconds(look_again).count()));
}

int leader::leave(const upgrade_walk& walk, std::string_view why) {
  tell_.say(fmt::format("{}: {}", why, walk.how_to_go_on()));
  return answer_is_no;
}

/// Without SA_RESTART, so that a wait ends as well.
void listen_for_stop() {
  struct sigaction action{};
  action.sa_handler = stop;
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

}  // namespace

int upgrade(const place_options& where, const upgrade_options& options) {
  const bool can_ask = ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1;
  if (!options.yes && !options.dry_run && !can_ask) {
    fmt::print(stderr,
               "opslb upgrade: there is no terminal to ask on; use --yes, or --dry-run to see what would be done\n");
    return wrong_usage;
  }
  listen_for_stop();
  auto found = find_place(where);
  if (!found.value) return say_no("upgrade", found.wrong);
  try {
    return leader(std::move(*found.value), options).run();
  } catch (const std::runtime_error& problem) {
    return say_no("upgrade", problem.what());
  }
}

}  // namespace opslb::command
