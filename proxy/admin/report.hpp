// Everything that the admin endpoint tells of the running process, as plain values: the server fills one on the main
// thread when it is asked, and the endpoint's thread writes it down as JSON or for Prometheus. What a part does not know
// is left empty. The names are those of the JSON in docs/admin.md.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "proxy/config.hpp"

namespace opslb::admin {

using wall_time = std::chrono::system_clock::time_point;

/// Responses by class: [0] none was sent, [1] 1xx, and so on.
using class_counts = std::array<std::uint64_t, 6>;

/// How many fell between two bounds, the last one above all of them, and their sum in seconds.
struct histogram {
  std::vector<std::uint64_t> counts;
  double sum = 0;
};

struct latencies {
  std::vector<double> bounds;  ///< upper ones, in seconds
  histogram connect, first_byte, total;
};

/// One health check.
struct check {
  wall_time at{};
  bool ok = false;
  unsigned status = 0;  ///< 0: no answer
  std::chrono::milliseconds took{};
  std::string text;  ///< "answered 200"
};

struct exchange_in_flight {
  std::string path_class, method;
  double age = 0;  ///< seconds
  std::uint64_t bytes_in = 0, bytes_out = 0;
};

struct drain {
  wall_time since{};
  std::vector<exchange_in_flight> in_flight;  ///< the oldest ones
  std::uint64_t more = 0;                     ///< that are not listed
};

enum class backend_state : std::uint8_t { up, down, draining, drained };

struct backend {
  std::string name, url;
  unsigned weight = 1;
  backend_state state = backend_state::down;
  std::string why;  ///< a sentence
  std::optional<wall_time> since;
  bool in_rotation = false;
  std::string version;  ///< of Ops Manager; empty: not known
  std::optional<admin::drain> drain;
  std::uint64_t in_flight = 0, requests = 0, connects = 0, connect_failures = 0;
  std::optional<class_counts> responses;
  std::optional<std::uint64_t> retries, bytes_in, bytes_out, connections_idle;
  std::uint64_t checks_made = 0;
  std::uint64_t went_down = 0;  ///< so often did checks take it out of rotation
  std::optional<latencies> latency;
  std::vector<check> checks;  ///< the newest last
};

struct certificate {
  std::string file, subject, issuer;
  std::vector<std::string> names;
  wall_time not_before{}, not_after{};
};

struct listener {
  std::string name, bind;
  std::string kind;  ///< "http", "redirect", "tcp"
  bool tls = false, proxy_protocol = false;
  std::optional<std::uint64_t> connections, connections_open, requests;
  std::vector<certificate> certificates;
};

struct totals {
  std::uint64_t requests = 0, retries = 0, connections = 0, connections_open = 0, in_flight = 0, tls_handshakes = 0;
  std::uint64_t http2_connections = 0, http2_errors = 0;
  std::uint64_t access_log_lines_dropped = 0;
  std::uint64_t connections_limit = 0;  ///< 0: no bound
  class_counts responses{};
  std::optional<std::uint64_t> waiting, bytes_in, bytes_out;
  std::map<unsigned, std::uint64_t> own_answers;  ///< by status
  std::map<std::string, std::uint64_t> refused;   ///< connections, by the reason in words
  std::map<std::string, std::uint64_t> http2_abuse;
};

struct event {
  wall_time at{};
  log_level level = log_level::info;
  std::string text;
};

struct reload {
  wall_time at{};
  bool ok = false;
  std::string text;
};

struct upgrade_mode {
  bool active = false;
  std::string text;
  std::map<std::string, std::vector<std::string>> versions;  ///< to the names of the backends that have it
};

struct agents_seen {
  std::uint64_t seen = 0, silent = 0;
  std::map<std::string, std::uint64_t> versions;
};

enum class process_state : std::uint8_t { starting, serving, draining };

/// The answer of /readyz.
struct readiness {
  bool ready = false;
  std::string reason;  ///< "2 of 3 hosts are up"
};

struct report {
  wall_time started{}, now{};
  double uptime = 0;  ///< seconds, whatever becomes of the clock
  process_state state = process_state::starting;
  admin::readiness readiness;
  std::string public_url;  ///< empty: not configured
  std::string file;
  wall_time loaded{};
  std::optional<reload> last_reload;
  std::optional<admin::upgrade_mode> upgrade_mode;
  admin::totals totals;
  std::optional<latencies> latency;
  std::vector<listener> listeners;
  std::vector<backend> backends;
  std::vector<event> events;  ///< the newest last
  std::optional<agents_seen> agents;
};

}  // namespace opslb::admin
