// One request and its response as a passage and the relay see them, whichever protocol the client speaks: a body that is
// pulled, a body that is pushed, and the head between them. The await is the back-pressure: fill() returns when bytes
// came, write() when the peer took them. HTTP/1 implements it in http1/, HTTP/2 in http2/, memory in the tests.
#pragma once

#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

#include "headers/framing.hpp"
#include "headers/message.hpp"
#include "proxy/task.hpp"
#include "proxy/transport.hpp"

namespace opslb {

/// How a body ended, or why it did not.
enum class body_error : std::uint8_t {
  none,
  end_of_stream,  ///< the peer closed before the body was complete
  reset,          ///< the connection broke
  timed_out,
  interrupted,
  malformed,  ///< bad chunk framing or trailers
};

body_error to_body_error(io_error error);

/// Body bytes that a plain connection still has for us, or will get: nobody has looked at them.
struct unread_bytes {
  static constexpr std::uint64_t up_to_the_end = std::numeric_limits<std::uint64_t>::max();

  transport* in = nullptr;
  std::uint64_t size = 0;  ///< at most so many belong to the body
};

/// A message body as it arrives. What is ready is used first; only then fill() is awaited.
class body_source {
 public:
  virtual ~body_source() = default;

  /// Body bytes that are there now, contiguous; valid until consume() or fill(). Empty: see is_done() and error().
  virtual std::string_view ready() = 0;
  virtual void consume(std::size_t size) = 0;
  /// All of the body was seen and consumed.
  virtual bool is_done() = 0;
  /// What ready() came upon: malformed, or none.
  virtual body_error error() const = 0;
  /// Waits for more bytes.
  virtual task<body_error> fill() = 0;
  /// What may be moved on by splice(2), past ready() and fill(). None by default: the bytes have to be looked at.
  virtual unread_bytes unread() { return {}; }
  /// So much of it was.
  virtual void took_unread(std::uint64_t) {}
  /// Once is_done(): the trailer fields, as they came.
  virtual const std::vector<headers::field>& trailers() const = 0;
};

/// Where a message goes, head first.
class body_sink {
 public:
  virtual ~body_sink() = default;

  /// Writes body bytes, and the head before them if it is still to be sent.
  virtual task<io_error> write(std::string_view bytes) = 0;
  /// Where body bytes may be written as they are, past write(), once the head is sent. Null by default: nowhere.
  virtual transport* plain_connection() { return nullptr; }
  /// Sends a head for which no body bytes are there yet.
  virtual task<io_error> flush() = 0;
  /// Nothing more has to be sent where the body is complete by its length: finish() would do nothing.
  virtual bool is_finished() const { return false; }
  /// The body is complete. `trailers` were not yet freed of what may not come in them.
  virtual task<io_error> finish(const std::vector<headers::field>& trailers) = 0;
};

/// What is counted while it lasts.
class traffic {
 public:
  virtual ~traffic() = default;
  virtual std::uint64_t bytes_in() const = 0;   ///< from the client
  virtual std::uint64_t bytes_out() const = 0;  ///< to the client
};

/// The client's side.
class exchange : public traffic {
 public:
  /// Its views are good until the first await; method and version until the end.
  virtual const headers::request_head& head() const = 0;
  virtual body_source& request_body() = 0;

  /// Queues the final head of the response; it is sent with the first write(), flush() or finish() of response().
  /// `ends_connection`: the client is told that this is the last exchange on its connection.
  virtual void begin_response(const headers::response_head& head, const headers::response_facts& facts,
                              std::string_view request_id, bool ends_connection) = 0;
  virtual body_sink& response() = 0;
  /// Passes on a 1xx; does nothing for a client that cannot take one.
  virtual task<io_error> interim(const headers::response_head& head, const headers::response_facts& facts) = 0;

  /// Breaks the response off, visibly for the client.
  virtual void cut() = 0;
  /// Ends whatever waits for the client with `why`, until clear_interrupt().
  virtual void interrupt(io_error why) = 0;
  virtual void clear_interrupt() = 0;
  /// Calls `notify(who)` once the client is gone for good; nullptr: no more.
  virtual void watch_for_end(void (*notify)(void*), void* who) = 0;
  virtual bool is_gone() const = 0;
  /// Whose bytes are to move the clock; nullptr: nobody's.
  virtual void set_idle_clock(idle_clock* clock) = 0;
  /// After a 101 has gone out: request_body() and response() carry bytes as they are from now on, and the end of either
  /// stands for a FIN. finish() of response() passes one on.
  virtual void begin_tunnel() = 0;
};

}  // namespace opslb
