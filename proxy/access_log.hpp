// The access log: one line per request or raw TCP connection, written when it is over. A worker formats lines into a batch of its
// own and hands it over now and then; a writer thread does the rest, so no worker ever waits for a disk.
// A batch that finds the queue full is dropped and counted. Never holds credentials: no header but Referer and User-Agent, and
// query values of mmsApiKey-like names are masked.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "proxy/backend_try.hpp"
#include "proxy/config.hpp"
#include "proxy/line_batch.hpp"
#include "proxy/seen_target.hpp"
#include "proxy/utc_time.hpp"

namespace opslb::access_log {

/// What becomes known while an exchange is under way.
struct outcome {
  unsigned status = 0;         ///< as sent to the client; 0: nothing was sent
  std::uint64_t body_out = 0;  ///< to the client, body only (the combined format's size)
  std::string_view backend;    ///< the one that answered or was last tried; a lasting name
  std::string_view end;        ///< why the exchange ended: "done", "client closed", "idle timeout", …
  // Phases in microseconds; -1: not reached. `queued` from the head's last byte to a backend being picked, `connect`
  // to the connection standing (0 if reused), `first_byte` to the response head, `total` to the end.
  std::int64_t queued = -1, connect = -1, first_byte = -1, total = -1;
};

/// All that one line says. Views need to live until it is written. What comes from outside may be any bytes; all else is opslb's
/// own, as `trace_id` and `request_id` are, which were looked at: nothing in it has to be escaped.
struct record {
  outcome how{};
  std::chrono::system_clock::time_point began{};
  std::string_view listener{};
  std::string_view client{};    ///< address as the application was told; empty before a head was read
  std::string_view protocol{};  ///< "HTTP/1.1"; empty where no head could be read; "tcp" alone for raw TCP
  std::string_view tls_version{}, tls_cipher{};  ///< "TLSv1.3"; empty over plain TCP
  std::uint64_t bytes_in = 0;                    ///< from the client, heads included
  std::uint64_t bytes_out = 0;                   ///< to the client, heads included
  std::span<const backend_try> tries{};          ///< "ops1(least requests: refused) ops2(only one left: ok)"
  std::string_view request_id{};
  std::string_view trace_id{};  ///< of a valid traceparent
  // From outside.
  std::string_view method{};  ///< empty where no head could be read
  seen_target target{};       ///< from which also come the agent's host and version
  std::string_view host{}, referer{}, user_agent{};
  std::string_view client_certificate{};  ///< the subject of one that was verified
};

/// Finished lines of one thread.
class lines {
 public:
  /// Adds one, newline included.
  void add_json(const record& what);
  /// The same in the NCSA combined format.
  void add_combined(const record& what);

  std::string_view text() const { return batch_.text(); }
  std::size_t size() const { return batch_.size(); }
  void clear() { batch_.clear(); }

 private:
  friend void submit(lines& finished);

  /// How a line tells of the one try at a backend. Lines repeat that: the text is kept, and known by the addresses of its parts.
  struct written_way {
    const char *backend = nullptr, *why = nullptr, *outcome = nullptr;
    std::size_t size = 0;
    std::array<char, 128> text;
  };
  char* put_usual_way(const record& what, char* out);

  line_batch batch_;
  std::array<written_way, 16> ways_;
  rfc3339_writer clock_;
};

/// Opens or re-opens; throws std::runtime_error with a sentence for the operator (what was open stays then).
void open(const access_log_config& settings);
void reopen();
void close();
/// Hands finished lines to the writer without blocking, and empties them. Any thread.
void submit(lines& finished);
/// Lines dropped because the writer could not keep up or the disk is full.
std::uint64_t dropped();

}  // namespace opslb::access_log
