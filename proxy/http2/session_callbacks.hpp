// How nghttp2 talks back to a session: what each frame of the client means to the streams, and where the bytes of response
// bodies come from. Internal to the session.
#pragma once

#include <nghttp2/nghttp2.h>

#include "proxy/http2/session.hpp"

namespace opslb::http2 {

struct session_callbacks {
  static nghttp2_session* make_handle(session& owner);
  /// For any stream: its `pending`.
  static nghttp2_data_provider body_source();

 private:
  // From the client. All have nghttp2's signatures.
  static int on_begin_frame(nghttp2_session*, const nghttp2_frame_hd* header, void* user);
  static int on_begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* user);
  static int on_header(nghttp2_session* handle, const nghttp2_frame* frame, const std::uint8_t* name,
                       std::size_t name_size, const std::uint8_t* value, std::size_t value_size, std::uint8_t flags,
                       void* user);
  static int on_invalid_header(nghttp2_session*, const nghttp2_frame*, const std::uint8_t*, std::size_t,
                               const std::uint8_t*, std::size_t, std::uint8_t, void*);
  static int on_frame_recv(nghttp2_session* handle, const nghttp2_frame* frame, void* user);
  static int on_data_chunk(nghttp2_session* handle, std::uint8_t flags, std::int32_t id, const std::uint8_t* bytes,
                           std::size_t size, void* user);
  static int on_stream_close(nghttp2_session* handle, std::int32_t id, std::uint32_t code, void* user);

  // To the client.
  static ssize_t read_body(nghttp2_session* handle, std::int32_t id, std::uint8_t* into, std::size_t most,
                           std::uint32_t* flags, nghttp2_data_source*, void* user);
  static int send_body(nghttp2_session* handle, nghttp2_frame* frame, const std::uint8_t* header, std::size_t size,
                       nghttp2_data_source*, void* user);
  static int on_frame_send(nghttp2_session* handle, const nghttp2_frame* frame, void* user);
  static int on_frame_not_send(nghttp2_session* handle, const nghttp2_frame* frame, int why, void* user);

  static void headers_came(nghttp2_session* handle, session& on, stream& of, const nghttp2_frame& frame);
  static void end_came(stream& of, std::size_t bytes);
};

}  // namespace opslb::http2
