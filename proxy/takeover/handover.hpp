// What the process that serves tells its successor in a takeover, as one text; the sockets that it speaks of travel beside
// it. The other end may be an older or a newer opslb, so what is not understood word for word is refused: the takeover
// fails then, and the process that serves goes on. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/config_outcome.hpp"
#include "proxy/tls/ticket_keys.hpp"

namespace opslb::takeover {

/// A listener with its listening sockets. What it was called in the configuration, not what the kernel made of it: a port 0
/// stays one.
struct handed_listener {
  std::string name;
  std::string where;  ///< "192.0.2.1:80", "[::]:8443", "unix:/run/opslb/admin.sock"
  std::size_t sockets = 1;
  bool lasting = false;  ///< systemd's: it goes on when opslb has ended, and so does its file

  friend bool operator==(const handed_listener&, const handed_listener&) = default;
};

/// A backend that is drained, as in the state file.
struct handed_drain {
  std::string backend;
  std::string url;
  std::chrono::system_clock::time_point since;  ///< kept to the millisecond

  friend bool operator==(const handed_drain&, const handed_drain&) = default;
};

struct handover {
  std::string program;                        ///< the path that the next takeover starts: that of the first process
  bool under_init = false;                    ///< process 1 is an opslb that has to be told who serves
  std::vector<tls::aged_ticket_key> tickets;  ///< the oldest first
  std::vector<handed_listener> listeners;
  std::vector<handed_drain> drains;

  /// Of all listeners.
  std::size_t sockets() const;
};

/// At most so many sockets are handed over: those of 64 listeners on 128 cores.
inline constexpr std::size_t most_sockets = 64 * 128;
/// No text is longer.
inline constexpr std::size_t most_text = 64 * 1024;

std::string to_text(const handover& what);
outcome<handover> parse_handover(std::string_view text);

/// What the two say to each other afterwards: one word, and what belongs to it.
enum class word {
  starts,  ///< the successor's: what it has been given is good. `rest` is how long it may take to serve, in milliseconds.
  ready,   ///< the successor's: it serves. `rest` is "PID VERSION".
  failed,  ///< the successor's: it cannot. `rest` says why.
  lead,    ///< to the successor: it is the main process now
  end,     ///< to either: SIGTERM
  cut,     ///< to either: SIGTERM for the second time
  reopen,  ///< to the one that drains: SIGUSR1
  busy,    ///< of the one that drains. `rest` is "COUNT DRAIN BACKEND": see `remaining`
  drain,   ///< to the one that drains. `rest` is "DRAIN BACKEND": take it out of rotation as well
  back,    ///< to the same. `rest` is a backend: put it back as well
};

struct message {
  word what = word::end;
  std::string rest;
};

std::string to_text(word what, std::string_view rest = {});
outcome<message> parse_message(std::string_view text);

struct readiness {
  int pid = 0;
  std::string version;
};

/// The rest of `starts`: at most longest_start.
outcome<std::chrono::milliseconds> parse_start_time(std::string_view rest);
inline constexpr std::chrono::milliseconds longest_start = std::chrono::minutes(10);

/// So much is still in flight, or may begin, at a backend of the process that drains.
struct remaining {
  std::uint32_t count = 0;
  /// The last `drain` that it has been told of that backend: what it said before means nothing.
  std::uint32_t drain = 0;
  std::string backend;
};

/// A backend was drained; `drain` counts that backend's drains in the process that says so.
struct drain_order {
  std::uint32_t drain = 0;
  std::string backend;
};

/// The rest of `busy`.
outcome<remaining> parse_remaining(std::string_view rest);

/// The rest of `drain`.
outcome<drain_order> parse_drain_order(std::string_view rest);

/// The rest of `ready`.
outcome<readiness> parse_readiness(std::string_view rest);

}  // namespace opslb::takeover
