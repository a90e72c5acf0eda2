// Where drains survive a restart: a small JSON file, written as a whole or not at all (state_file, contract 2). Whatever is wrong
// with it never keeps opslb from starting. Blocks for the disk: not for a worker's thread.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace opslb {

/// A drain as it is kept. It is a backend's if name and URL are.
struct kept_drain {
  std::string backend;
  std::string url;
  std::chrono::system_clock::time_point since;
};

/// opslb/state.json in $RUNTIME_DIRECTORY (systemd), else in $XDG_RUNTIME_DIR, else in /run.
std::filesystem::path default_state_file();

/// What the file holds, and for the operator what is wrong with it. A file that is not there holds nothing.
struct loaded_state {
  std::vector<kept_drain> drains;
  std::string warning;  ///< one sentence, or empty
};
/// One that cannot be understood is put aside as FILE.broken.
loaded_state load_state(const std::filesystem::path& file);
/// The same from text. `warning` says what is wrong with it; nothing of a broken one is taken.
loaded_state parse_state(std::string_view text);
/// What the file is to hold.
std::string to_text(const std::vector<kept_drain>& drains);

/// What keeps the file from being written, or empty. Its directory need not be there yet if it can be made.
std::string why_not_writable(const std::filesystem::path& file);

/// Replaces the file, and makes its directory if there is none. Returns what went wrong, or nothing.
std::string save_state(const std::filesystem::path& file, const std::vector<kept_drain>& drains);

}  // namespace opslb
