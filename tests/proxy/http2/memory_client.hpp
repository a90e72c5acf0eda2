// An honest HTTP/2 client without a socket: nghttp2's other side, joined to a session in memory.
#pragma once

#include <nghttp2/nghttp2.h>

#include <catch2/catch_all.hpp>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "proxy/http2/session.hpp"

namespace opslb::http2 {

using header_lines = std::vector<std::pair<std::string, std::string>>;

inline header_lines get_lines(std::string path = "/") {
  return {{":method", "GET"}, {":scheme", "http"}, {":path", std::move(path)}, {":authority", "h"}};
}
inline header_lines post_lines() {
  return {{":method", "POST"}, {":scheme", "http"}, {":path", "/"}, {":authority", "h"}};
}

class memory_client {
 public:
  struct answer {
    header_lines lines;  ///< of all header blocks, in order
    std::string body;
    bool ended = false;                 ///< END_STREAM came
    std::optional<std::uint32_t> code;  ///< of its RST_STREAM
    std::string value(std::string_view name) const {
      for (const auto& [each, value] : lines) {
        if (each == name) return value;
      }
      return {};
    }
  };

  explicit memory_client(bool gives_back_windows = true) {
    nghttp2_session_callbacks* calls = nullptr;
    nghttp2_session_callbacks_new(&calls);
    nghttp2_session_callbacks_set_on_header_callback(calls, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(calls, on_data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(calls, on_frame);
    nghttp2_option* option = nullptr;
    nghttp2_option_new(&option);
    if (!gives_back_windows) nghttp2_option_set_no_auto_window_update(option, 1);
    nghttp2_session_client_new2(&handle_, calls, this, option);
    nghttp2_option_del(option);
    nghttp2_session_callbacks_del(calls);
    nghttp2_submit_settings(handle_, NGHTTP2_FLAG_NONE, nullptr, 0);
  }
  ~memory_client() { nghttp2_session_del(handle_); }
  memory_client(const memory_client&) = delete;
  memory_client& operator=(const memory_client&) = delete;

  std::map<std::int32_t, answer> answers;
  std::vector<std::pair<std::int32_t, std::uint32_t>> goaways;  ///< last stream and code
  std::map<std::int32_t, std::string> bodies;                   ///< what is still to be sent

  std::int32_t request(const header_lines& lines, std::optional<std::string> body = std::nullopt) {
    std::vector<nghttp2_nv> pairs = to_pairs(lines);
    nghttp2_data_provider provider{};
    provider.read_callback = read;
    const std::int32_t id =
        nghttp2_submit_request(handle_, nullptr, pairs.data(), pairs.size(), body ? &provider : nullptr, nullptr);
    REQUIRE(id > 0);
    if (body) bodies[id] = *body;
    return id;
  }
  void reset(std::int32_t id) { nghttp2_submit_rst_stream(handle_, NGHTTP2_FLAG_NONE, id, NGHTTP2_CANCEL); }
  void ping() { nghttp2_submit_ping(handle_, NGHTTP2_FLAG_NONE, nullptr); }
  nghttp2_session* handle() const { return handle_; }

  /// What it has to say now.
  std::string take() {
    std::string out;
    const std::uint8_t* bytes = nullptr;
    for (;;) {
      const ssize_t size = nghttp2_session_mem_send(handle_, &bytes);
      if (size <= 0) return out;
      out.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
    }
  }
  void give(std::string_view bytes) {
    nghttp2_session_mem_recv(handle_, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  }

 private:
  static std::vector<nghttp2_nv> to_pairs(const header_lines& lines) {
    std::vector<nghttp2_nv> pairs;
    for (const auto& [name, value] : lines) {
      const auto bytes = [](const std::string& text) {
        return const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(text.data()));
      };
      pairs.push_back({bytes(name), bytes(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE});
    }
    return pairs;
  }
  static memory_client& me(void* user) { return *static_cast<memory_client*>(user); }

  static int on_header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name, std::size_t name_size,
                       const std::uint8_t* value, std::size_t value_size, std::uint8_t, void* user) {
    me(user).answers[frame->hd.stream_id].lines.emplace_back(
        std::string(reinterpret_cast<const char*>(name), name_size),
        std::string(reinterpret_cast<const char*>(value), value_size));
    return 0;
  }
  static int on_data(nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* bytes, std::size_t size,
                     void* user) {
    me(user).answers[id].body.append(reinterpret_cast<const char*>(bytes), size);
    return 0;
  }
  static int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    memory_client& self = me(user);
    if (frame->hd.type == NGHTTP2_GOAWAY)
      self.goaways.emplace_back(frame->goaway.last_stream_id, frame->goaway.error_code);
    if (frame->hd.type == NGHTTP2_RST_STREAM) self.answers[frame->hd.stream_id].code = frame->rst_stream.error_code;
    const bool may_end = frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS;
    if (may_end && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) self.answers[frame->hd.stream_id].ended = true;
    return 0;
  }
  static ssize_t read(nghttp2_session*, std::int32_t id, std::uint8_t* into, std::size_t most, std::uint32_t* flags,
                      nghttp2_data_source*, void* user) {
    std::string& body = me(user).bodies[id];
    const std::size_t size = std::min(most, body.size());
    std::copy_n(body.data(), size, into);
    body.erase(0, size);
    if (body.empty()) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(size);
  }

  nghttp2_session* handle_ = nullptr;
};

}  // namespace opslb::http2
