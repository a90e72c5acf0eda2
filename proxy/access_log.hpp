// The access log: one line per request or raw TCP connection, written when it is over. A worker formats lines into a buffer of its own and hands
// it over now and then; a writer thread does the rest (spdlog's asynchronous logger), so no worker ever waits for a disk.
// A batch that finds the queue full is dropped and counted. Never holds credentials: no header but Referer and User-Agent, and query values
// of mmsApiKey-like names are masked.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "proxy/config.hpp"

namespace opslb::access_log {

/// All that one line says. Views need to live until append() returns.
struct record {
  std::chrono::system_clock::time_point began;
  std::string_view listener;
  std::string_view client;  ///< address as the application was told; empty before a head was read
  std::string_view method, target,
      protocol;  ///< "HTTP/1.1"; empty where no head could be read; "tcp" alone for raw TCP
  std::string_view host, referer, user_agent;
  unsigned status = 0;          ///< as sent to the client; 0: nothing was sent
  std::uint64_t bytes_in = 0;   ///< from the client, heads included
  std::uint64_t bytes_out = 0;  ///< to the client, heads included
  std::uint64_t body_out = 0;   ///< to the client, body only (the combined format's size)
  std::string_view backend;     ///< the one that answered or was last tried
  std::string_view tried;       ///< "ops1(least requests: refused) ops2(only one left: ok)"; empty if none
  std::string_view end;         ///< why the exchange ended: "done", "client closed", "idle timeout", …
  std::string_view request_id;
  std::string_view tls_version, tls_cipher;    ///< "TLSv1.3"; empty over plain TCP
  std::string_view client_certificate;         ///< the subject of one that was verified
  std::string_view agent_host, agent_version;  ///< `ah` and `av` of the query
  std::string_view trace_id;                   ///< of a valid traceparent
  // Phases in microseconds; -1: not reached. `queued` from the head's last byte to a backend being picked, `connect`
  // to the connection standing (0 if reused), `first_byte` to the response head, `total` to the end.
  std::int64_t queued = -1, connect = -1, first_byte = -1, total = -1;
};

/// Appends one finished line, newline included, to `out`. Pure.
void format_json(const record& what, std::string& out);
/// The NCSA combined format. Pure.
void format_combined(const record& what, std::string& out);

/// Opens or re-opens; throws std::runtime_error with a sentence for the operator (what was open stays then).
void open(const access_log_config& settings);
void reopen();
void close();
/// Hands finished lines to the writer without blocking. Any thread.
void submit(std::string_view lines);
/// Lines dropped because the writer could not keep up or the disk is full.
std::uint64_t dropped();

}  // namespace opslb::access_log
