// Bytes of a client into an HTTP/2 session that serves whatever comes of them, in every way that a request can be served: at
// once, late, in part, not at all. Nothing may crash, leak, read what is gone, or hold more than its bounds; what comes
// back must be whole frames; and a session that was lost must stay silent.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "headers/framing.hpp"
#include "proxy/http2/request_fields.hpp"
#include "proxy/http2/session.hpp"

namespace {

using namespace opslb;
using namespace opslb::http2;

void demand(bool holds) {
  if (!holds) std::abort();
}

constexpr std::size_t batch = 32 * 1024;
constexpr field_block::limits limits{8 * 1024, 32};

/// Looks at the output as a reader of frames does.
class frame_reader {
 public:
  void read(std::string_view bytes) {
    left_.append(bytes);
    std::string_view now = left_;
    while (now.size() >= frame_header::size) {
      const auto byte = [&now](std::size_t at) {
        return static_cast<std::size_t>(static_cast<unsigned char>(now[at]));
      };
      const std::size_t length = byte(0) << 16 | byte(1) << 8 | byte(2);
      demand(length <= 16 * 1024 && byte(3) <= 9);
      if (now.size() < frame_header::size + length) break;
      now.remove_prefix(frame_header::size + length);
    }
    left_.erase(0, left_.size() - now.size());
  }
  bool between_frames() const { return left_.empty(); }

 private:
  std::string left_;
};

/// Serves the streams; what it does with each is the stream's number's affair, so that a corpus file says it all.
class server final : public stream_events {
 public:
  explicit server(session& of) : frames_(of) {}
  ~server() override {
    for (stream* each : streams_) let_go(*each);
  }
  server(const server&) = delete;
  server& operator=(const server&) = delete;

  void take_over(stream& which) {
    which.events = this;
    headers::request_head head;
    headers::request_facts facts;
    joined_fields joined;
    const auto make_key = [] { return std::string("key"); };
    headers::refusal why = to_request_head(which.head, {limits.bytes, 1024, limits.count}, make_key, joined, head);
    if (why.status == 0) why = headers::check_request(head, "lb", facts);
    demand(why.status == 0 || (why.status >= 400 && why.status <= 508));
    // What was accepted names its host once, and tells the backend nothing of a connection that it is not on.
    std::size_t hosts = 0;
    for (const headers::field& line : head.fields) hosts += line.known.id == headers::field_id::host ? 1 : 0;
    if (why.status == 0) demand(hosts == 1 && (head.target.starts_with('/') || head.target == "*"));
    streams_.push_back(&which);
  }

  void serve() {
    for (std::size_t i = 0; i < streams_.size();) {
      if (serve(*streams_[i])) {
        ++i;
        continue;
      }
      let_go(*streams_[i]);
      streams_[i] = streams_.back();
      streams_.pop_back();
    }
  }

  void input_came(std::size_t) override {}
  void output_went(std::size_t) override {}
  void closed() override { ++closings_; }

 private:
  /// False: done with it.
  bool serve(stream& which) {
    if (!which.is_open) return false;
    const unsigned way = static_cast<unsigned>(which.id) / 2 % 6;
    if (way != 1) take_body(which);  // 1: its backend takes nothing
    if (way == 2) return false;      // broken off before an answer
    if (way == 3 && !which.request_is_whole) return true;
    if (!which.head_is_sent) begin(which, way);
    if (way == 4) return false;  // broken off within the answer
    if (way == 0) which.is_tunnel = true;
    if (which.response_is_whole) return false;
    if (which.pending.empty() && which.response_has_body) {
      which.pending = body_;
      which.ends_after_pending = way != 0 || which.request_is_whole;
      frames_.body_is_ready(which);
    }
    return true;
  }

  void begin(stream& which, unsigned way) {
    field_block interim;
    interim.add(":status", "103");
    if (way == 5) frames_.send_interim(which, interim);
    which.response_head.add(":status", "200");
    which.response_head.add("Server", "x");
    which.response_has_body = way != 5;
    if (way == 3) which.response_trailers.add("X-Sum", "1");
    frames_.send_head(which);
  }

  void take_body(stream& which) {
    while (!which.body.empty()) {
      const std::size_t size = which.body.front().size();
      which.body.consume(size);
      frames_.consumed(which, size);
    }
  }

  void let_go(stream& which) {
    which.pending = {};
    frames_.release(which);
  }

  session& frames_;
  std::vector<stream*> streams_;
  std::string body_ = std::string(40'000, 'b');
  std::uint64_t closings_ = 0;
};

void within_bounds(const session& frames) { demand(frames.stream_count() <= session_bounds::streams); }

}  // namespace

/// The first byte says how the input is cut, and whether the end is announced on the way.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  static buffer_pool pool;
  const std::size_t piece = data[0] % 16 == 0 ? size : std::size_t{data[0]} * 8;
  const bool announces = data[0] % 3 == 0;
  std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);

  session::time_point now{};
  session frames(limits, pool, now);
  server serving(frames);
  frame_reader reader;
  std::string out;
  bool goes_on = true;
  for (unsigned turn = 0; goes_on && !bytes.empty(); ++turn) {
    const std::string_view some = bytes.substr(0, piece);
    bytes.remove_prefix(some.size());
    now += std::chrono::milliseconds(1);
    goes_on = frames.receive(some, now);
    for (stream* each : std::exchange(frames.arrived(), {})) serving.take_over(*each);
    serving.serve();
    within_bounds(frames);
    if (announces && turn == 1) frames.announce_end();
    if (turn % 8 == 7) frames.reset_leftovers();
    out.clear();
    frames.collect(out, batch);
    demand(out.size() < 2 * batch);
    reader.read(out);
  }
  if (size % 5 == 0) frames.lost();
  if (size % 7 == 0) frames.input_ended();
  frames.name_last_stream();
  for (int turn = 0; turn < 8; ++turn) {
    serving.serve();
    out.clear();
    frames.collect(out, batch);
    reader.read(out);
    if (out.empty()) break;
  }
  frames.lost();
  demand(frames.is_over() && !frames.receive("more", now) && !frames.has_output());
  return 0;
}
