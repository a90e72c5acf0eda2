#include "proxy/http2/session_callbacks.hpp"

#include <algorithm>
#include <limits>
#include <memory>

#include "headers/list.hpp"
#include "proxy/http2/session_memory.hpp"

namespace opslb::http2 {
namespace {

session& session_of(void* user) { return *static_cast<session*>(user); }

stream* stream_of(nghttp2_session* handle, std::int32_t id) {
  return static_cast<stream*>(nghttp2_session_get_stream_user_data(handle, id));
}

std::string_view view(const std::uint8_t* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

/// RFC 9218 4.1: `u` of the priority field.
std::uint32_t urgency_of(const field_block& head) {
  std::uint32_t urgency = NGHTTP2_EXTPRI_DEFAULT_URGENCY;
  head.for_each([&](const field_block::line& line) {
    if (line.name != "priority") return;
    headers::for_each_element(line.value, [&](std::string_view element) {
      if (element.size() == 3 && element.starts_with("u=") && element[2] >= '0' && element[2] <= '7')
        urgency = static_cast<std::uint32_t>(element[2] - '0');
      return true;
    });
  });
  return urgency;
}

/// RFC 9113 8.3.1: there is no user information in :authority. Younger versions of nghttp2 refuse it themselves.
bool names_a_user(std::string_view name, std::string_view value) {
  return (name == ":authority" || name == "host") && value.find('@') != std::string_view::npos;
}

bool ends_stream(const nghttp2_frame& frame) { return (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0; }

}  // namespace

nghttp2_session* session_callbacks::make_handle(session& owner) {
  nghttp2_session_callbacks* made = nullptr;
  nghttp2_session_callbacks_new(&made);
  const std::unique_ptr<nghttp2_session_callbacks, decltype(&nghttp2_session_callbacks_del)> callbacks(
      made, nghttp2_session_callbacks_del);
  nghttp2_session_callbacks_set_on_begin_frame_callback(made, on_begin_frame);
  nghttp2_session_callbacks_set_on_begin_headers_callback(made, on_begin_headers);
  nghttp2_session_callbacks_set_on_header_callback(made, on_header);
  nghttp2_session_callbacks_set_on_invalid_header_callback(made, on_invalid_header);
  nghttp2_session_callbacks_set_on_frame_recv_callback(made, on_frame_recv);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(made, on_data_chunk);
  nghttp2_session_callbacks_set_on_stream_close_callback(made, on_stream_close);
  nghttp2_session_callbacks_set_send_data_callback(made, send_body);
  nghttp2_session_callbacks_set_on_frame_send_callback(made, on_frame_send);
  nghttp2_session_callbacks_set_on_frame_not_send_callback(made, on_frame_not_send);

  nghttp2_option* given = nullptr;
  nghttp2_option_new(&given);
  const std::unique_ptr<nghttp2_option, decltype(&nghttp2_option_del)> options(given, nghttp2_option_del);
  nghttp2_option_set_no_auto_window_update(given, 1);
  // limits.response_head_bytes bounds what comes here, and frame_watch the CONTINUATION frames of the client.
  nghttp2_option_set_max_send_header_block_length(given, std::numeric_limits<std::uint32_t>::max());
  nghttp2_option_set_max_continuations(given, 1000);
  // Resets too are frame_watch's business, which says ENHANCE_YOUR_CALM; nghttp2 would call it an internal error.
  nghttp2_option_set_stream_reset_rate_limit(given, 1'000'000, 1'000'000);

  nghttp2_session* handle = nullptr;
  nghttp2_session_server_new3(&handle, made, &owner, given, session_memory());
  return handle;
}

// From the client.

int session_callbacks::on_begin_frame(nghttp2_session*, const nghttp2_frame_hd* header, void* user) {
  if (header->type == NGHTTP2_SETTINGS) session_of(user).settings_come();
  return 0;
}

int session_callbacks::on_begin_headers(nghttp2_session* handle, const nghttp2_frame* frame, void* user) {
  session& on = session_of(user);
  if (frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
  if (on.open(frame->hd.stream_id) == nullptr) {
    nghttp2_submit_rst_stream(handle, NGHTTP2_FLAG_NONE, frame->hd.stream_id, NGHTTP2_REFUSED_STREAM);
  }
  return 0;
}

int session_callbacks::on_header(nghttp2_session* handle, const nghttp2_frame* frame, const std::uint8_t* name,
                                 std::size_t name_size, const std::uint8_t* value, std::size_t value_size, std::uint8_t,
                                 void* user) {
  stream* const of = stream_of(handle, frame->hd.stream_id);
  if (of == nullptr) return 0;
  if (names_a_user(view(name, name_size), view(value, value_size))) {
    nghttp2_submit_rst_stream(handle, NGHTTP2_FLAG_NONE, of->id, NGHTTP2_PROTOCOL_ERROR);
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  }
  field_block& block = frame->headers.cat == NGHTTP2_HCAT_REQUEST ? of->head : of->trailers;
  block.add(view(name, name_size), view(value, value_size));
  session& on = session_of(user);
  on.watch_.block_decoded(block.bytes());
  // Decoding a bomb to its end would be what it is made for.
  return on.watch_.guilty_of() ? NGHTTP2_ERR_CALLBACK_FAILURE : 0;
}

/// nghttp2 would leave a malformed field out and go on (RFC 9113 8.2.1: the request is malformed).
int session_callbacks::on_invalid_header(nghttp2_session*, const nghttp2_frame*, const std::uint8_t*, std::size_t,
                                         const std::uint8_t*, std::size_t, std::uint8_t, void*) {
  return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
}

int session_callbacks::on_frame_recv(nghttp2_session* handle, const nghttp2_frame* frame, void* user) {
  session& on = session_of(user);
  stream* const of = frame->hd.stream_id == 0 ? nullptr : stream_of(handle, frame->hd.stream_id);
  switch (frame->hd.type) {
    case NGHTTP2_HEADERS:
      if (of != nullptr) headers_came(handle, on, *of, *frame);
      return 0;
    case NGHTTP2_DATA:
      if (of == nullptr) return 0;
      of->bytes_in += frame_header::size;
      if (ends_stream(*frame)) end_came(*of, 0);
      return 0;
    case NGHTTP2_RST_STREAM:
      if (of != nullptr && !of->response_is_whole) on.watch_.request_taken_back();
      return 0;
    case NGHTTP2_SETTINGS:
      if ((frame->hd.flags & NGHTTP2_FLAG_ACK) != 0) {
        on.is_acknowledged_ = true;
      } else {
        on.has_settings_ = true;
        for (std::size_t i = 0; i < frame->settings.niv; ++i) {
          const nghttp2_settings_entry& each = frame->settings.iv[i];
          if (each.settings_id == NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE) on.first_window_came(each.value);
        }
      }
      return 0;
    case NGHTTP2_PING:
      if ((frame->hd.flags & NGHTTP2_FLAG_ACK) != 0) on.heard(frame->ping.opaque_data);
      return 0;
    default: return 0;
  }
}

void session_callbacks::headers_came(nghttp2_session* handle, session& on, stream& of, const nghttp2_frame& frame) {
  const bool is_request = frame.headers.cat == NGHTTP2_HCAT_REQUEST;
  of.bytes_in += frame_header::size + frame.hd.length;
  if (is_request) {
    // RFC 9218 asks for one whole response after the other where the client does not say "incremental". A restore that
    // streams for hours would then stop everything else on its connection: streams of one urgency take turns.
    const nghttp2_extpri turns{urgency_of(of.head), 1};
    nghttp2_session_change_extpri_stream_priority(handle, of.id, &turns, 1);
    of.is_served = true;
    of.has_body = !ends_stream(frame);
    on.arrived_.push_back(&of);
  }
  if (ends_stream(frame)) end_came(of, is_request ? 0 : frame.hd.length);
}

void session_callbacks::end_came(stream& of, std::size_t bytes) {
  of.request_is_whole = true;
  if (of.events != nullptr) of.events->input_came(bytes);
}

int session_callbacks::on_data_chunk(nghttp2_session* handle, std::uint8_t, std::int32_t id, const std::uint8_t* bytes,
                                     std::size_t size, void* user) {
  session& on = session_of(user);
  // Of the connection's window nothing is ever kept back: a stream that waits does not stop its neighbours.
  nghttp2_session_consume_connection(handle, size);
  stream* const of = stream_of(handle, id);
  if (of == nullptr || !of->is_served) return 0;
  on.watch_.body_received(size);
  of->bytes_in += size;
  of->body.append(view(bytes, size));
  if (of->events != nullptr) of->events->input_came(size);
  return 0;
}

int session_callbacks::on_stream_close(nghttp2_session* handle, std::int32_t id, std::uint32_t, void* user) {
  stream* const which = stream_of(handle, id);
  if (which != nullptr) session_of(user).close(*which);
  return 0;
}

// To the client.

nghttp2_data_provider session_callbacks::body_source() {
  nghttp2_data_provider body{};
  body.read_callback = read_body;  // the stream is found by its number: nghttp2 may ask for more when it is gone
  return body;
}

ssize_t session_callbacks::read_body(nghttp2_session* handle, std::int32_t id, std::uint8_t*, std::size_t most,
                                     std::uint32_t* flags, nghttp2_data_source*, void* user) {
  stream* const of = stream_of(handle, id);
  if (of == nullptr) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  stream& from = *of;
  const std::size_t size = std::min(most, from.pending.size());
  const bool takes_all = size == from.pending.size();
  const bool ends = takes_all && (from.ends_after_pending || from.left == size);
  if (size == 0 && !ends) return NGHTTP2_ERR_DEFERRED;
  *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
  if (ends) {
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    if (from.response_trailers.count() != 0) {
      *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
      session_of(user).send_trailers(from);
    }
  }
  return static_cast<ssize_t>(size);
}

int session_callbacks::send_body(nghttp2_session* handle, nghttp2_frame* frame, const std::uint8_t* header,
                                 std::size_t size, nghttp2_data_source*, void* user) {
  session& on = session_of(user);
  if (on.out_->size() >= on.most_out_) return NGHTTP2_ERR_WOULDBLOCK;
  // Whoever owned the bytes may have been interrupted since nghttp2 asked for their number.
  stream* const of = stream_of(handle, frame->hd.stream_id);
  if (of == nullptr || of->pending.size() < size) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  stream& from = *of;
  on.out_->append(view(header, frame_header::size)).append(from.pending.substr(0, size));
  from.pending.remove_prefix(size);
  if (from.left != stream::no_length) from.left -= size;
  on.watch_.body_sent(size, from.pending.empty());
  return 0;
}

int session_callbacks::on_frame_send(nghttp2_session* handle, const nghttp2_frame* frame, void* user) {
  session& on = session_of(user);
  if (frame->hd.type == NGHTTP2_GOAWAY) on.ended_with_ = static_cast<error_code>(frame->goaway.error_code);
  if (frame->hd.stream_id == 0) return 0;
  stream* const of = stream_of(handle, frame->hd.stream_id);
  if (frame->hd.type == NGHTTP2_RST_STREAM && (of == nullptr || !of->is_reset_by_us)) on.watch_.reset_provoked();
  if (of == nullptr || (frame->hd.type != NGHTTP2_DATA && frame->hd.type != NGHTTP2_HEADERS)) return 0;

  of->bytes_out += frame_header::size + frame->hd.length;
  of->interim_waits = false;
  if (ends_stream(*frame)) {
    of->response_is_whole = true;
    on.watch_.request_answered();
  }
  if (of->events != nullptr) of->events->output_went(frame->hd.length);
  return 0;
}

/// A head that nghttp2 cannot send would leave its stream open for ever.
int session_callbacks::on_frame_not_send(nghttp2_session* handle, const nghttp2_frame* frame, int, void* user) {
  if (frame->hd.type != NGHTTP2_HEADERS) return 0;
  stream* const of = stream_of(handle, frame->hd.stream_id);
  if (of != nullptr) session_of(user).reset(*of, error_code::internal_error);
  return 0;
}

}  // namespace opslb::http2
