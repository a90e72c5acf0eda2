#include "proxy/http2/session.hpp"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>

#include "proxy/http2/session_callbacks.hpp"

namespace opslb::http2 {
namespace {

/// By which the answer to the PING of announce_end() is known.
constexpr std::uint8_t goodbye[8] = {'o', 'p', 's', 'l', 'b', 'b', 'y', 'e'};

const std::uint8_t* bytes_of(std::string_view text) { return reinterpret_cast<const std::uint8_t*>(text.data()); }

/// What nghttp2 takes; it copies names, in lower case, and values.
const std::vector<nghttp2_nv>& to_name_values(const field_block& block) {
  thread_local std::vector<nghttp2_nv> lines;
  lines.clear();
  block.for_each([](const field_block::line& line) {
    nghttp2_nv pair{};
    pair.name = const_cast<std::uint8_t*>(bytes_of(line.name));
    pair.namelen = line.name.size();
    pair.value = const_cast<std::uint8_t*>(bytes_of(line.value));
    pair.valuelen = line.value.size();
    // Never the same twice: it would only push out of the table what is.
    if (line.name == "X-Request-Id") pair.flags = NGHTTP2_NV_FLAG_NO_INDEX;
    lines.push_back(pair);
  });
  return lines;
}

/// Answered in full, although the client goes on with the request.
bool is_leftover(const stream& which) {
  return which.is_open && !which.is_served && which.response_is_whole && !which.is_reset_by_us;
}

/// The largest header block that is worth decoding to its end: an honest one is under limits.head_bytes, or gets its 431.
std::size_t most_block(const field_block::limits& head) {
  constexpr std::size_t least = 256 * 1024;
  constexpr std::size_t unbounded = 16 * 1024 * 1024;
  return head.bytes == 0 ? unbounded : std::max(head.bytes * 4, least);
}

}  // namespace

session::session(const field_block::limits& head_limits, buffer_pool& pool, time_point now)
    : head_limits_(head_limits),
      pool_(pool),
      watch_(most_block(head_limits), now) {
  handle_ = session_callbacks::make_handle(*this);
  std::vector<nghttp2_settings_entry> settings{
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, session_bounds::streams},
      {NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 1},
      // RFC 9218: the tree of RFC 7540 is not kept, so that nobody can make us keep a large one.
      {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1},
  };
  if (head_limits.bytes != 0 && head_limits.count != 0) {
    constexpr std::size_t counted_for_each_line = 32;  // RFC 9113 6.5.2
    const std::uint64_t list = head_limits.bytes + counted_for_each_line * head_limits.count;
    constexpr std::uint64_t most = std::numeric_limits<std::uint32_t>::max();
    settings.push_back({NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, static_cast<std::uint32_t>(std::min(list, most))});
  }
  nghttp2_submit_settings(handle_, NGHTTP2_FLAG_NONE, settings.data(), settings.size());
  nghttp2_session_set_local_window_size(handle_, NGHTTP2_FLAG_NONE, 0, session_bounds::connection_window);
}

session::~session() { nghttp2_session_del(handle_); }

// Bytes.

bool session::receive(std::string_view bytes, time_point now) {
  if (dead_) return false;
  scanner_.scan(bytes, [&](const frame_header& seen) { came(seen, now); });
  if (!broken_rule_ && !watch_.guilty_of()) {
    const ssize_t taken = nghttp2_session_mem_recv(handle_, bytes_of(bytes), bytes.size());
    if (taken < 0)
      broken_rule_ = taken == NGHTTP2_ERR_FLOODED ? error_code::enhance_your_calm : error_code::protocol_error;
  }
  if (watch_.guilty_of()) broken_rule_ = error_code::enhance_your_calm;
  if (broken_rule_) terminate(*broken_rule_);
  return !broken_rule_;
}

void session::came(const frame_header& seen, time_point now) {
  if (broken_rule_) return;
  watch_.frame(seen, now);
  if (seen.type == frame_type::headers) block_began_ = scanner_.last();
  if (seen.type == frame_type::continuation && seen.length > session_bounds::frame) {
    broken_rule_ = error_code::frame_size_error;  // RFC 9113 4.2. nghttp2 looks at the size of all others.
  } else if (seen.type == frame_type::priority && (seen.stream == 0 || seen.stream == seen.detail)) {
    broken_rule_ = error_code::protocol_error;  // RFC 7540 5.3.1, 6.3. Without its tree nghttp2 skips these.
  } else {
    broken_rule_ = history_.see(seen);
  }
}

/// Before nghttp2 applies them.
void session::settings_come() {
  for (const auto& each : streams_)
    each->clients_window = nghttp2_session_get_stream_remote_window_size(handle_, each->id);
}

/// RFC 9113 6.9.2: a change of all windows that takes one of them over 31 bits is an error of the connection. For nghttp2 it
/// is one of that stream.
void session::first_window_came(std::uint32_t size) {
  const std::int64_t change = size - clients_first_window_;
  clients_first_window_ = size;
  const bool overflows = std::any_of(streams_.begin(), streams_.end(), [change](const auto& each) {
    return each->is_open && each->clients_window + change > NGHTTP2_MAX_WINDOW_SIZE;
  });
  if (overflows) broken_rule_ = error_code::flow_control_error;
}

void session::collect(std::string& out, std::size_t most) {
  out_ = &out;
  most_out_ = most;
  while (!dead_ && out.size() < most) {
    const std::uint8_t* frame = nullptr;
    const ssize_t size = nghttp2_session_mem_send(handle_, &frame);
    if (size < 0) dead_ = true;
    if (size <= 0) break;
    out.append(reinterpret_cast<const char*>(frame), static_cast<std::size_t>(size));
  }
  out_ = nullptr;
}

bool session::has_output() const { return !dead_ && nghttp2_session_want_write(handle_) != 0; }

bool session::is_over() const {
  return dead_ || (nghttp2_session_want_read(handle_) == 0 && nghttp2_session_want_write(handle_) == 0);
}

// Requests.

stream* session::open(std::int32_t id) {
  // Also those that nghttp2 has forgotten, but whose coroutines are still ending: nobody gets more work done by
  // resetting than by waiting.
  if (streams_.size() >= session_bounds::streams) return nullptr;
  // RFC 9113 6.8: the client may send again elsewhere what is above the last stream. nghttp2 would serve it until the GOAWAY
  // is out.
  if (named_last_ && id > last_stream_) return nullptr;
  streams_.push_back(std::make_unique<stream>(id, head_limits_, pool_));
  stream& made = *streams_.back();
  made.window = session_bounds::first_window;
  nghttp2_session_set_stream_user_data(handle_, id, &made);
  return &made;
}

void session::close(stream& which) {
  if (!which.is_open) return;
  which.is_open = false;
  nghttp2_session_set_stream_user_data(handle_, which.id, nullptr);
  if (which.events != nullptr) which.events->closed();
  if (!which.is_served) destroy(which);
}

void session::destroy(stream& which) {
  extra_windows_left_ += which.window - session_bounds::first_window;
  const auto at =
      std::find_if(streams_.begin(), streams_.end(), [&](const auto& each) { return each.get() == &which; });
  std::swap(*at, streams_.back());
  streams_.pop_back();
}

void session::consumed(stream& of, std::size_t size) {
  if (!of.is_open || of.request_is_whole) return;
  nghttp2_session_consume_stream(handle_, of.id, size);
  of.consumed_in_window += size;
  widen(of);
}

/// A stream that used up its window and whose backend took all of it gets a larger one, so that long bodies do not wait for
/// the client's round trips. What the connection may get that way is bounded.
void session::widen(stream& of) {
  if (of.consumed_in_window < static_cast<std::uint64_t>(of.window) || !of.body.empty()) return;
  const std::int32_t more = std::min(of.window, session_bounds::largest_window - of.window);
  if (more <= 0 || more > extra_windows_left_) return;
  extra_windows_left_ -= more;
  of.window += more;
  of.consumed_in_window = 0;
  nghttp2_session_set_local_window_size(handle_, NGHTTP2_FLAG_NONE, of.id, of.window);
}

void session::release(stream& of) {
  of.events = nullptr;
  of.is_served = false;
  of.pending = {};
  of.body.clear();
  if (!of.is_open) return destroy(of);
  if (!of.response_is_whole) reset(of, error_code::internal_error);
}

bool session::has_leftovers() const {
  return std::any_of(streams_.begin(), streams_.end(), [](const auto& each) { return is_leftover(*each); });
}

void session::reset_leftovers() {
  for (const auto& each : streams_) {
    if (is_leftover(*each)) reset(*each, each->is_tunnel ? error_code::cancel : error_code::no_error);
  }
}

// Responses.

void session::send_interim(stream& on, const field_block& head) {
  const auto& lines = to_name_values(head);
  const int failed =
      nghttp2_submit_headers(handle_, NGHTTP2_FLAG_NONE, on.id, nullptr, lines.data(), lines.size(), nullptr);
  on.interim_waits = failed == 0;
}

void session::send_head(stream& on) {
  on.head_is_sent = true;
  const auto& lines = to_name_values(on.response_head);
  nghttp2_data_provider body = session_callbacks::body_source();
  const int failed =
      nghttp2_submit_response(handle_, on.id, lines.data(), lines.size(), on.response_has_body ? &body : nullptr);
  if (failed != 0) reset(on, error_code::internal_error);
}

void session::send_trailers(stream& on) {
  const auto& lines = to_name_values(on.response_trailers);
  nghttp2_submit_trailer(handle_, on.id, lines.data(), lines.size());
}

void session::body_is_ready(stream& on) { nghttp2_session_resume_data(handle_, on.id); }

void session::reset(stream& which, error_code why) {
  if (!which.is_open || which.is_reset_by_us) return;
  which.is_reset_by_us = true;
  nghttp2_submit_rst_stream(handle_, NGHTTP2_FLAG_NONE, which.id, static_cast<std::uint32_t>(why));
}

// The end.

void session::announce_end() {
  if (announced_) return;
  announced_ = true;
  nghttp2_submit_shutdown_notice(handle_);
  nghttp2_submit_ping(handle_, NGHTTP2_FLAG_NONE, goodbye);
}

void session::heard(const std::uint8_t* ping) {
  if (announced_ && std::equal(std::begin(goodbye), std::end(goodbye), ping)) name_last_stream();
}

void session::name_last_stream() {
  if (named_last_) return;
  announced_ = named_last_ = true;
  last_stream_ = nghttp2_session_get_last_proc_stream_id(handle_);
  nghttp2_submit_goaway(handle_, NGHTTP2_FLAG_NONE, last_stream_, NGHTTP2_NO_ERROR, nullptr, 0);
}

void session::terminate(error_code why) {
  announced_ = named_last_ = true;
  nghttp2_session_terminate_session(handle_, static_cast<std::uint32_t>(why));
  close_all();
}

void session::lost() {
  dead_ = true;
  close_all();
}

void session::close_all() {
  const auto all = all_streams();
  for (stream* each : all) close(*each);
}

void session::input_ended() {
  const auto all = all_streams();
  for (stream* each : all) {
    if (each->request_is_whole) continue;
    nghttp2_submit_rst_stream(handle_, NGHTTP2_FLAG_NONE, each->id, NGHTTP2_CANCEL);
    close(*each);
  }
}

std::vector<stream*> session::all_streams() const {
  std::vector<stream*> all;
  for (const auto& each : streams_) all.push_back(each.get());
  return all;
}

}  // namespace opslb::http2
