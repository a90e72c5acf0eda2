// What stdout is: a terminal, which may have colours and can be drawn over, or something that takes lines.
#pragma once

#include <termios.h>

#include <chrono>
#include <string_view>

namespace opslb::command {

bool stdout_is_terminal();
/// Neither NO_COLOR (no-color.org) nor a dumb terminal forbids them.
bool stdout_has_colours();

/// The whole terminal, drawn over again and again; left as it was found at the end.
class screen {
 public:
  screen();
  ~screen();
  screen(const screen&) = delete;
  screen& operator=(const screen&) = delete;

  /// In place of what was there, without a moment in between.
  void draw(std::string_view lines) const;
  /// Waits; true if the reader wants no more: q, Ctrl-C, SIGTERM.
  bool is_left_within(std::chrono::milliseconds time) const;

 private:
  termios before_{};
  bool has_keys_ = false;  ///< stdin is a terminal, too
};

}  // namespace opslb::command
