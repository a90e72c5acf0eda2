#include "proxy/command/terminal.hpp"

#include <poll.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace opslb::command {
namespace {

volatile std::sig_atomic_t is_told_to_end = 0;

void write_out(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

}  // namespace

bool stdout_is_terminal() { return ::isatty(STDOUT_FILENO) == 1; }

bool stdout_has_colours() {
  const char* const no_colour = std::getenv("NO_COLOR");
  const char* const kind = std::getenv("TERM");
  if (no_colour != nullptr && *no_colour != '\0') return false;
  return stdout_is_terminal() && kind != nullptr && std::string_view(kind) != "dumb";
}

screen::screen() {
  for (const int number : {SIGINT, SIGTERM}) ::signal(number, [](int) { is_told_to_end = 1; });
  has_keys_ = ::tcgetattr(STDIN_FILENO, &before_) == 0;
  if (has_keys_) {
    termios keys = before_;
    keys.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    ::tcsetattr(STDIN_FILENO, TCSANOW, &keys);
  }
  write_out("\x1b[?1049h\x1b[?25l\x1b[2J");  // the other screen, without a cursor, empty
}

screen::~screen() {
  write_out("\x1b[?25h\x1b[?1049l");
  if (has_keys_) ::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
}

void screen::draw(std::string_view lines) const {
  // From the top; the rest of each line and of the screen is cleared behind the text, so that nothing flickers.
  std::string out = "\x1b[H";
  for (const char c : lines) {
    if (c == '\n') out += "\x1b[K\r";
    out += c;
  }
  write_out(out + "\x1b[J");
}

bool screen::is_left_within(std::chrono::milliseconds time) const {
  const auto until = std::chrono::steady_clock::now() + time;
  while (is_told_to_end == 0) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now()).count();
    if (left <= 0) return false;
    pollfd keys{has_keys_ ? STDIN_FILENO : -1, POLLIN, 0};
    if (::poll(&keys, 1, static_cast<int>(left)) <= 0) continue;
    char key = 0;
    if (::read(STDIN_FILENO, &key, 1) != 1 || key == 'q' || key == 'Q' || key == 3) return true;
  }
  return true;
}

}  // namespace opslb::command
