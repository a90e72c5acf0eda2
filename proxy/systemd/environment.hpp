// What systemd says to a process in its environment: the sockets that it opened for it (sd_listen_fds(3)), and how often it
// wants to hear from it (sd_watchdog_enabled(3)). Pure but for take_sockets().
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/config_outcome.hpp"
#include "proxy/inherited_sockets.hpp"

namespace opslb::systemd {

/// The first socket's descriptor; the others follow.
inline constexpr int first_socket = 3;

/// The names of the sockets that process `self` was given, in order: "" for one without. nullptr stands for a variable that
/// is not set. None if they are meant for another process.
outcome<std::vector<std::string>> parse_sockets(const char* pid, const char* count, const char* names, pid_t self);

/// How long process `self` may be silent; nullopt: for as long as it likes.
outcome<std::optional<std::chrono::microseconds>> parse_watchdog(const char* pid, const char* time, pid_t self);

/// The listening sockets that this process was given; they are not passed on. Throws std::runtime_error with a sentence
/// for the operator, also where one is none to accept connections from.
inherited_sockets take_sockets();

/// A process in whose name another one was given all that goes on as `self`: what was meant for `before` is for it now.
void pass_on(pid_t before, pid_t self);

}  // namespace opslb::systemd
