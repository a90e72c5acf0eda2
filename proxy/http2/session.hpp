// One HTTP/2 connection from a client, without its socket: bytes go in, requests come out; responses go in, bytes come out.
// Frames, HPACK and flow control are nghttp2's, everything that has to do with time, sockets or coroutines is serve's. So
// unit tests and the fuzz target drive it from memory. Owns its streams. One thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/buffer.hpp"
#include "proxy/http2/error_code.hpp"
#include "proxy/http2/frame.hpp"
#include "proxy/http2/frame_watch.hpp"
#include "proxy/http2/stream.hpp"
#include "proxy/http2/stream_history.hpp"

struct nghttp2_session;

namespace opslb::http2 {

/// Flow control and other bounds that no configuration changes; README.md of this folder's parent says why.
struct session_bounds {
  static constexpr std::uint32_t streams = 128;
  static constexpr std::uint32_t frame = 16 * 1024;            ///< the least that is allowed, and enough
  static constexpr std::int32_t first_window = 65535;          ///< of a stream: what HTTP/2 begins with
  static constexpr std::int32_t largest_window = 4 << 20;      ///< of a stream whose backend keeps up
  static constexpr std::int32_t connection_window = 16 << 20;  ///< given back as bytes come
  static constexpr std::int64_t extra_windows =
      16 << 20;  ///< what all streams of a connection may have above first_window
};

class session {
 public:
  using time_point = frame_watch::time_point;

  /// `head_limits`: bounds on a decoded head. `pool` outlives this.
  session(const field_block::limits& head_limits, buffer_pool& pool, time_point now);
  ~session();
  session(const session&) = delete;
  session& operator=(const session&) = delete;

  // Bytes.

  /// False: nothing that comes from now on matters.
  bool receive(std::string_view bytes, time_point now);
  /// Appends frames to `out` until it holds `most` bytes or more, or none is ready. Overshoots by one frame.
  void collect(std::string& out, std::size_t most);
  /// Frames may be ready.
  bool has_output() const;
  /// Nothing more will come of this connection, in either direction.
  bool is_over() const;

  // Requests.

  /// For heads that begin from now on.
  void limit_heads(const field_block::limits& most) { head_limits_ = most; }
  /// Those whose heads became whole in receive(): the caller takes them out, serves each, and calls release().
  std::vector<stream*>& arrived() { return arrived_; }
  /// Streams that are there, whether served or not.
  std::size_t stream_count() const { return streams_.size(); }
  /// The caller took `size` bytes of the body; the client gets room for as many.
  void consumed(stream& of, std::size_t size);
  /// The caller is done with it. A response that is not whole is broken off.
  void release(stream& of);
  /// Streams that were answered in full while their clients still send.
  bool has_leftovers() const;
  /// RFC 9113 8.1: tells those clients to keep the rest, with RST_STREAM(NO_ERROR).
  void reset_leftovers();

  // Responses.

  /// A 1xx; `head` as for nghttp2, with :status.
  void send_interim(stream& on, const field_block& head);
  /// Hands the head to nghttp2; what follows it comes from `pending`. With no body the response is whole.
  void send_head(stream& on);
  /// There is something new in `pending`, or `ends_after_pending` is set.
  void body_is_ready(stream& on);
  void reset(stream& which, error_code why);

  // The end.

  /// First step (RFC 9113 6.8): the client is asked to open no more streams; a PING tells when it has heard of it.
  void announce_end();
  /// Second step: the last stream that will be served is named. Carried out by itself once the client answers the PING.
  void name_last_stream();
  /// Ends the connection once the GOAWAY is out.
  void terminate(error_code why);
  /// The connection broke: closes all streams.
  void lost();
  /// No more bytes will come: closes the streams whose requests are not whole.
  void input_ended();

  // State.

  bool has_settings() const { return has_settings_; }        ///< the client's first SETTINGS came
  bool is_acknowledged() const { return is_acknowledged_; }  ///< the client took note of ours
  /// The number of the frame that began what has not ended: a header block, or a frame other than DATA. 0: nothing is cut.
  std::uint64_t unfinished_head() const { return watch_.in_header_block() ? block_began_ : scanner_.unfinished(); }
  bool is_ending() const { return announced_; }
  bool has_named_last_stream() const { return named_last_; }
  const frame_watch& watch() const { return watch_; }
  /// The code of the GOAWAY that ended the connection.
  error_code ended_with() const { return ended_with_; }

 private:
  friend struct session_callbacks;

  stream* open(std::int32_t id);
  void close(stream& which);
  void destroy(stream& which);
  void came(const frame_header& seen, time_point now);
  void settings_come();
  void first_window_came(std::uint32_t size);
  void widen(stream& of);
  void send_trailers(stream& on);
  void heard(const std::uint8_t* ping);
  std::vector<stream*> all_streams() const;
  void close_all();

  nghttp2_session* handle_ = nullptr;
  field_block::limits head_limits_;
  buffer_pool& pool_;
  frame_scanner scanner_;
  frame_watch watch_;
  std::uint64_t block_began_ = 0;  ///< the frame with which the last header block did
  stream_history history_;
  std::vector<std::unique_ptr<stream>> streams_;
  std::vector<stream*> arrived_;
  std::string* out_ = nullptr;  ///< during collect()
  std::size_t most_out_ = 0;
  std::int64_t clients_first_window_ = 65'535;  ///< what it grants each response at first
  std::int64_t extra_windows_left_ = session_bounds::extra_windows;
  error_code ended_with_ = error_code::no_error;
  std::optional<error_code> broken_rule_;  ///< found by ourselves
  bool has_settings_ = false;
  bool is_acknowledged_ = false;
  bool announced_ = false;
  bool named_last_ = false;
  std::int32_t last_stream_ = 0;  ///< once it is named
  bool dead_ = false;
};

}  // namespace opslb::http2
