// One request of an HTTP/2 connection, as the two who share it see it: the session, which puts in what frames bring and takes
// out what frames carry away, and the exchange, which hands it to the relay. Only what both need; no coroutine, no socket.
// Owned by the session until nghttp2 is done with the stream and its request is too. One thread.
#pragma once

#include <cstdint>
#include <string_view>

#include "proxy/http2/block_queue.hpp"
#include "proxy/http2/field_block.hpp"
#include "proxy/task.hpp"

namespace opslb::http2 {

/// Who is told of a stream's news. Called while the session works, so nothing of the session may be called in return.
class stream_events {
 public:
  virtual ~stream_events() = default;
  /// Body bytes, trailers or the end of the request came.
  virtual void input_came(std::size_t bytes) = 0;
  /// Body bytes went into frames, or the end of the response did.
  virtual void output_went(std::size_t bytes) = 0;
  /// The stream is no more.
  virtual void closed() = 0;
};

struct stream : coroutine::recycled_frame {  // comes and goes with the coroutine that serves it
  stream(std::int32_t number, const field_block::limits& most, buffer_pool& pool)
      : id(number),
        head(most),
        trailers(most),
        body(pool) {}

  const std::int32_t id;
  stream_events* events = nullptr;  ///< while somebody serves the request

  // The request.
  field_block head;
  field_block trailers;
  block_queue body;
  bool has_body = false;          ///< its head did not end it
  bool request_is_whole = false;  ///< END_STREAM came
  std::uint64_t bytes_in = 0;     ///< of its frames

  // The response. `head_is_sent`: nghttp2 has it; until then it can be replaced.
  field_block response_head;
  field_block response_trailers;
  bool response_has_body = false;
  bool interim_waits = false;  ///< a 1xx that was not framed yet
  bool head_is_sent = false;
  std::string_view pending;         ///< body bytes to be framed; whoever waits for that owns them
  std::uint64_t left = no_length;   ///< of a body whose length is known: bytes not framed yet
  bool ends_after_pending = false;  ///< nothing follows but the trailers
  bool response_is_whole = false;   ///< END_STREAM was framed
  std::uint64_t bytes_out = 0;      ///< of its frames
  std::int64_t clients_window = 0;  ///< what the client granted, before SETTINGS that change it

  // The flow-control window that the client has for the request's body.
  std::int32_t window = 0;
  std::uint64_t consumed_in_window = 0;  ///< since the window was last made larger

  bool is_open = true;     ///< nghttp2 knows it
  bool is_served = false;  ///< a coroutine is busy with it
  bool is_tunnel = false;
  bool is_reset_by_us = false;

  static constexpr std::uint64_t no_length = ~std::uint64_t{0};
};

}  // namespace opslb::http2
