// One client's HTTP/2 connection at work: its session, the writer that carries frames to the socket, and the count of the
// streams that are served. Lives in the frame of serve(), which waits for all of them. One thread.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "proxy/client_connection.hpp"
#include "proxy/http2/gate.hpp"
#include "proxy/http2/session.hpp"

namespace opslb::http2 {

class front {
 public:
  explicit front(client_connection& of);
  ~front();
  front(const front&) = delete;
  front& operator=(const front&) = delete;

  client_connection& client;
  session frames;

  /// Bytes from the client, under the limits now in force. As session::receive().
  bool receive(std::string_view bytes);
  /// Starts the writer.
  void start();
  /// Frames wait to be written. Those that the writer has room for are taken at once, so that whoever waits for that need
  /// not wait for the socket; they leave together at the end of the batch of events.
  void take_output();

  void stream_begins();
  /// The stream's coroutine is about to end.
  void stream_ends(stream& which);
  /// Waits until no stream is served.
  task<> streams_end();
  /// Waits until everything has been written, as far as the client takes it.
  task<> finish_writing();

  /// Nobody reads any more, so nobody has to be woken.
  void reading_ends() { is_read_ = false; }
  /// Bytes are on their way into the socket.
  bool is_writing() const { return writing_; }
  /// How often a stream's coroutine has to be counted (task.hpp).
  std::size_t& running() { return running_; }
  /// The connection broke.
  void lost();
  /// No further stream: GOAWAY in two steps.
  void close_soon();
  /// What holds as long as nothing happens: which timers run, whether a drain waits for us, and whether it is all over.
  void settle();

 private:
  task<> write_all();
  task<bool> write_batch();
  void note_idleness();

  std::unique_ptr<std::string> next_;  ///< being filled; null while nothing is there
  child writer_;
  gate output_;     ///< where the writer waits
  gate no_stream_;  ///< where serve() does
  deadline goodbye_;
  deadline leftovers_;
  deadline setup_;                ///< request_head: for settings and their acknowledgement, and for header blocks
  std::uint64_t timed_head_ = 0;  ///< which of those it runs for
  std::size_t running_ = 0;
  std::size_t serving_ = 0;
  bool is_read_ = true;
  bool writing_ = false;
  bool stops_writing_ = false;
  bool holds_drain_ = false;
  bool is_kept_alive_ = false;  ///< the client's timer counts the time without a stream
};

}  // namespace opslb::http2
