// The access log: one line per request or raw TCP connection, written when it is over. A worker formats lines into a batch of its
// own and hands it over now and then; a writer thread does the rest, so no worker ever waits for a disk.
// A batch that finds the queue full is dropped and counted. Never holds credentials: no header but Referer and User-Agent, and
// query values of mmsApiKey-like names are masked.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "proxy/backend_try.hpp"
#include "proxy/config.hpp"
#include "proxy/exchange_facts.hpp"
#include "proxy/line_batch.hpp"
#include "proxy/request_text.hpp"
#include "proxy/seen_target.hpp"
#include "proxy/utc_time.hpp"

namespace opslb::access_log {

/// All that one line says. What it refers to needs to live until it is written. `text` may be any bytes from outside; all else is
/// opslb's own, as the trace id in it and `request_id` are, which were looked at: nothing in it has to be escaped.
struct record {
  const exchange_facts& facts;
  const request_text& text;   ///< without a method: no head could be read
  const seen_target& target;  ///< of the text's target, from which also come the agent's host and version
  std::string_view client{};  ///< address as the application was told; empty before a head was read
  std::string_view request_id{};
  std::string_view client_certificate{};  ///< the subject of one that was verified; from outside
  std::span<const backend_try> tries{};   ///< "ops1(least requests: refused) ops2(only one left: ok)"
  bool is_raw_tcp = false;                ///< a connection, which knows neither methods nor statuses
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
  static char* keep_way(const record& what, written_way& kept, char* out);

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
