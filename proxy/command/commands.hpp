// The commands that speak to a running process: ping, status, drain, ready. Each says what it has to say, an error as one
// sentence on stderr, and gives the exit code: 0 done, 1 the answer is no or nobody answers.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "proxy/command/place.hpp"

namespace opslb::command {

inline constexpr int done = 0;
inline constexpr int answer_is_no = 1;
inline constexpr int wrong_usage = 2;

/// Would the process serve? `live`: does it live?
int ping(const place_options& where, bool live);

struct status_options {
  bool watch = false;
  bool json = false;
};
int status(const place_options& where, status_options how);

struct drain_options {
  std::string name;
  bool force = false;
  bool wait = false;
  std::optional<std::chrono::milliseconds> timeout;  ///< of the wait
};
int drain(const place_options& where, const drain_options& what);

int ready(const place_options& where, const std::string& name);

/// Tells what happened to the recent requests of that id; `json`: for machines.
int explain(const place_options& where, const std::string& id, bool json);

/// "opslb COMMAND: SENTENCE" on stderr; answer_is_no.
int say_no(std::string_view command, std::string_view sentence);

}  // namespace opslb::command
