// Everything that the connections of one worker share: its loop's parts, its pool, its recycled objects and counters, and its
// handle to the configuration. Plain memory of one thread, but for `shared`, which all workers have in common.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

#include "headers/message.hpp"
#include "proxy/access_log.hpp"
#include "proxy/agents.hpp"
#include "proxy/client_counts.hpp"
#include "proxy/counters.hpp"
#include "proxy/generation.hpp"
#include "proxy/in_flight.hpp"
#include "proxy/loop_parts.hpp"
#include "proxy/pipe.hpp"
#include "proxy/recent_requests.hpp"
#include "proxy/recycled.hpp"
#include "proxy/upstream/pool.hpp"
#include "proxy/upstream/waiting_room.hpp"

namespace opslb {

/// What all workers have in common. Thread-safe, owned by the server.
struct shared_parts {
  upstream::waiting_room room;
  agent_inbox agents;
  client_counts clients;
  std::atomic<std::uint64_t> listeners{0};  ///< listening sockets, over all workers
  std::atomic<std::uint64_t> connections{0};
  /// Exchanges and tunnels under way, and connections whose first bytes are being read: what a drain waits for.
  std::atomic<std::uint64_t> busy{0};
  std::atomic<bool> draining{false};  ///< answers carry Connection: close
  std::atomic<bool> cutting{false};   ///< timeouts.drain is over
  /// Tells the checker that live traffic could not connect.
  std::function<void(const health::entry*)> suspect;
  /// Tells the checker of a version that its host has not told before. The text need not stay.
  std::function<void(const health::entry*, std::string_view)> told_version;
};

/// What a request writes down while it lives.
struct request_texts {
  std::string head;  ///< memory of that for the backend
  std::string id;
  std::string kept;        ///< memory of what is kept in the client's words
  std::string connection;  ///< what Connection says, if it names fields
  std::vector<backend_try> tries;
};

struct lane {
  lane(loop_parts of, shared_parts& common, std::size_t worker = 0)
      : parts(of),
        shared(common),
        number(worker),
        pipes(of.wheel) {
    look_at_wall_clock();
  }

  loop_parts parts;
  shared_parts& shared;
  std::size_t number;  ///< of the worker, from 0: what exists once per worker is found by it
  generation_ref current;
  upstream::pool pool;
  pipe_pool pipes;
  shelf<request_texts> texts;
  shelf<std::string> response_texts;  ///< memory of heads for HTTP/1 clients
  shelf<std::string> frames;          ///< HTTP/2 frames on their way out
  shelf<headers::request_head> request_heads;
  shelf<headers::response_head> response_heads;
  counters counts;
  in_flight_list under_way;
  recent_requests recent;
  access_log::lines access_lines;  ///< not yet handed to the log's writer
  std::string agent_notes;         ///< not yet handed over
  std::uint64_t next_request_id = 0;
  std::uint64_t request_id_seed = 0;

  std::chrono::steady_clock::time_point now() const { return parts.wheel.now(); }

  /// The wall clock's time at that moment, without asking it. It is looked at with each tick.
  std::chrono::system_clock::time_point wall_time(std::chrono::steady_clock::time_point when) const {
    return wall_clock + std::chrono::duration_cast<std::chrono::system_clock::duration>(when.time_since_epoch());
  }
  void look_at_wall_clock() {
    const auto steady = std::chrono::steady_clock::now().time_since_epoch();
    wall_clock =
        std::chrono::system_clock::now() - std::chrono::duration_cast<std::chrono::system_clock::duration>(steady);
  }

  std::chrono::system_clock::time_point wall_clock;  ///< when the steady clock's epoch was, as far as is known
};

/// Gives finished access lines to the log's writer, and notes of agents to the server. Once a tick, and at once where there are
/// many.
void hand_over_lines(lane& at);
inline constexpr std::size_t many_lines = 32 * 1024;

/// A new X-Request-Id: 32 hexadecimal digits, unique per process and not guessable from the outside in use.
void make_request_id(lane& at, std::string& out);

}  // namespace opslb
