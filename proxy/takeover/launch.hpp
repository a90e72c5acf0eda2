// How the next process of a takeover is started: the program that is on disk now, with this process's arguments, its
// environment, standard streams and working directory, and nothing else of what it has open.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace opslb::takeover {

/// What a process was started as.
struct program {
  std::string path;                    ///< absolute, as it was called: where a link leads may change
  std::vector<std::string> arguments;  ///< with the name that it was called by
};

/// To be called before the working directory changes. The path is found as the shell found it, or read from /proc.
program program_of(int count, char** arguments);

/// The variable that names the successor's end of the link, and the descriptor that it finds it under.
inline constexpr const char* link_variable = "OPSLB_TAKEOVER";
inline constexpr int link_descriptor = 3;

/// Starts `what` with `link` as the only descriptor behind the standard streams. Nothing of this process runs in the new
/// one, so that other threads and their locks are no matter. Throws std::runtime_error with a sentence for the operator.
pid_t start(const program& what, int link);

/// Waits for a process that has ended or is about to, and says how: "exit code 1", "signal 11 (Segmentation fault)".
std::string ending_of(pid_t process);

/// The environment with which a process starts its successor: `from` without what was meant for this one alone.
std::vector<std::string> environment_for_successor(const char* const* from);

}  // namespace opslb::takeover
