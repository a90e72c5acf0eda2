// Which MongoDB Agents call, by the `ah` (host) and `av` (version) of their queries. A worker only notes a call that has
// them; the main thread takes the notes over now and then and keeps the one table, so that it is bounded however many workers
// there are and whatever names clients make up. No key, user or address of an agent is ever noted.
#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "proxy/seen_target.hpp"

namespace opslb {

/// Appends a note of a call to `notes` if `target` lies below /agents/, as agents write it, and has an `ah` of sane length.
void note_agent(const seen_target& target, unsigned status, std::string& notes);

/// Where workers leave their notes: once a tick, and never for long.
class agent_inbox {
 public:
  /// What nobody has taken yet is bounded; what is over is dropped, and counted in bytes.
  static constexpr std::size_t most_bytes = 4 * 1024 * 1024;

  /// Any thread. Empties `notes`.
  void submit(std::string& notes);
  /// Any thread. Puts all that has come into `out`, whose old content goes.
  void take(std::string& out);
  std::uint64_t dropped_bytes() const;

 private:
  mutable std::mutex mutex_;
  std::string notes_;
  std::uint64_t dropped_ = 0;
};

struct agent {
  using time_point = std::chrono::system_clock::time_point;

  std::string host, version;
  time_point first_seen, last_seen;
  std::uint64_t calls = 0;
  std::uint64_t errors = 0;  ///< calls that were answered 400 or above, or not at all
};

struct agent_summary {
  std::uint64_t seen = 0;
  std::uint64_t silent = 0;
  std::map<std::string, std::uint64_t> versions;
};

/// All agents that were seen, as one thread keeps them.
class agent_register {
 public:
  /// When there are more, the longest silent one is forgotten.
  static constexpr std::size_t most = 20'000;
  /// Ops Manager hands monitoring to another agent after that.
  static constexpr std::chrono::seconds silent_after{90};
  /// Its host is retired, or has another name.
  static constexpr std::chrono::hours forgotten_after{24};
  /// So many versions are told apart in a summary; the others count as "other".
  static constexpr std::size_t most_versions = 20;

  agent_register();

  /// Notes as note_agent() has written them, all of calls that ended about `now`, or none. Forgets who has not called for long.
  void take(std::string_view notes, agent::time_point now);
  /// All, the one that called last in front.
  std::vector<agent> list() const { return {agents_.begin(), agents_.end()}; }
  agent_summary summary(agent::time_point now) const;
  std::uint64_t forgotten() const { return forgotten_; }

 private:
  struct hash {
    std::uint64_t seed;
    std::size_t operator()(std::string_view text) const;
  };
  using position = std::list<agent>::iterator;

  agent& find_or_add(std::string_view host, agent::time_point now);
  void forget_last();

  std::list<agent> agents_;                                       ///< the one that called last in front
  std::unordered_map<std::string_view, position, hash> by_host_;  ///< keys are views into agents_
  std::uint64_t forgotten_ = 0;
};

}  // namespace opslb
