#include "proxy/http2/session.hpp"

#include <catch2/catch_all.hpp>

#include "memory_client.hpp"
#include "raw_frames.hpp"

using namespace opslb;
using namespace opslb::http2;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t batch = 32 * 1024;

/// A session between a client and this test, which serves its streams by hand.
struct stage {
  buffer_pool pool;
  session::time_point now{};
  session frames{{64 * 1024, 128}, pool, now};
  std::string out;

  /// Frames of the session for whoever reads them raw.
  std::string take() {
    std::string all;
    while (frames.has_output()) {
      out.clear();
      frames.collect(out, batch);
      if (out.empty()) break;
      all += out;
    }
    return all;
  }

  /// Back and forth until both have nothing more to say.
  void talk(memory_client& client) {
    for (bool goes_on = true; goes_on;) {
      const std::string up = client.take();
      if (!up.empty()) frames.receive(up, now);
      const std::string down = take();
      client.give(down);
      goes_on = !up.empty() || !down.empty();
    }
  }

  stream& next() {
    REQUIRE_FALSE(frames.arrived().empty());
    stream& first = *frames.arrived().front();
    frames.arrived().erase(frames.arrived().begin());
    return first;
  }

  void begin_answer(stream& on, bool has_body = true) {
    on.response_head.clear();
    on.response_head.add(":status", "200");
    on.response_head.add("Server", "test");
    on.response_has_body = has_body;
    frames.send_head(on);
  }
  /// As much of `bytes` as goes; the rest stays in `pending`.
  void write(stream& on, std::string_view bytes, bool ends) {
    on.pending = bytes;
    on.ends_after_pending = ends;
    frames.body_is_ready(on);
  }
  void answer(stream& on, std::string_view body) {
    begin_answer(on);
    write(on, body, true);
  }
};

/// The codes of all RST_STREAM frames in raw output, by stream; a GOAWAY's code under 0.
std::map<std::uint32_t, std::uint32_t> verdicts(std::string_view out) {
  std::map<std::uint32_t, std::uint32_t> found;
  const auto number_at = [&](std::size_t at, std::size_t size) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < size; ++i) value = value << 8 | static_cast<unsigned char>(out[at + i]);
    return value;
  };
  while (out.size() >= frame_header::size) {
    const std::size_t length = number_at(0, 3);
    const auto type = static_cast<frame_type>(out[3]);
    if (type == frame_type::rst_stream) found[number_at(5, 4)] = number_at(9, 4);
    if (type == frame_type::goaway) found[0] = number_at(13, 4);
    out.remove_prefix(frame_header::size + length);
  }
  return found;
}

constexpr auto code = [](error_code which) { return static_cast<std::uint32_t>(which); };

}  // namespace

TEST_CASE("a request comes out, and its answer goes back", "[http2]") {
  stage set;
  memory_client client;
  const auto id = client.request(get_lines("/a"));
  set.talk(client);
  stream& of = set.next();
  CHECK(of.request_is_whole);
  CHECK(of.head.count() == 4);
  set.answer(of, "hello");
  set.talk(client);
  CHECK(client.answers[id].value(":status") == "200");
  CHECK(client.answers[id].value("server") == "test");
  CHECK(client.answers[id].body == "hello");
  CHECK(client.answers[id].ended);
  CHECK_FALSE(client.answers[id].code);
  set.frames.release(of);
  CHECK(set.frames.stream_count() == 0);
}

TEST_CASE("the end of a body of known length comes with its last bytes", "[http2]") {
  stage set;
  set.frames.receive(hello() + request(1, get()), set.now);
  set.take();
  stream& of = set.next();
  set.begin_answer(of);
  of.left = 5;
  set.write(of, "hello", false);
  const std::string out = set.take();
  CHECK(out.ends_with(frame(frame_type::data, flag::end_stream, 1, "hello")));
  CHECK(of.response_is_whole);
  set.frames.release(of);
}

TEST_CASE("trailers follow the body", "[http2]") {
  stage set;
  memory_client client;
  const auto id = client.request(get_lines());
  set.talk(client);
  stream& of = set.next();
  of.response_trailers.add("X-Sum", "7");
  set.answer(of, "body");
  set.talk(client);
  CHECK(client.answers[id].value("x-sum") == "7");
  CHECK(client.answers[id].ended);
  set.frames.release(of);
}

TEST_CASE("a client that takes no more stops its stream, and no other", "[http2]") {
  stage set;
  memory_client client(false);
  const auto slow = client.request(get_lines("/slow"));
  const auto quick = client.request(get_lines("/quick"));
  set.talk(client);
  stream& first = set.next();
  stream& second = set.next();
  nghttp2_session_set_local_window_size(client.handle(), NGHTTP2_FLAG_NONE, 0, 1 << 20);
  const std::string large(200000, 's');
  set.begin_answer(first);
  set.write(first, large, true);
  set.talk(client);
  CHECK(first.pending.size() == large.size() - 65535);
  CHECK_FALSE(client.answers[slow].ended);
  set.answer(second, "quick");
  set.talk(client);
  CHECK(client.answers[quick].ended);
  nghttp2_session_consume(client.handle(), slow, 65535);
  set.talk(client);
  CHECK(client.answers[slow].body.size() == 2 * 65535);
  first.pending = {};
  set.frames.release(first);
  set.frames.release(second);
  set.talk(client);
  CHECK(client.answers[slow].code == code(error_code::internal_error));
}

TEST_CASE("streams of one urgency take turns, whatever else the client likes", "[http2]") {
  stage set;
  memory_client client;
  nghttp2_session_set_local_window_size(client.handle(), NGHTTP2_FLAG_NONE, 0, 1 << 24);
  std::vector<stream*> streams;
  for (int i = 0; i < 4; ++i) client.request(get_lines());
  set.talk(client);
  const std::string large(60000, 'x');
  for (int i = 0; i < 4; ++i) {
    streams.push_back(&set.next());
    set.begin_answer(*streams.back());
    set.write(*streams.back(), large, true);
  }
  set.out.clear();
  set.frames.collect(set.out, 100000);
  for (const stream* each : streams) CHECK(each->pending.size() < large.size());
  for (stream* each : streams) {
    each->pending = {};
    set.frames.release(*each);
  }
}

TEST_CASE("a body waits in its own window, and the window grows while the backend keeps up", "[http2]") {
  stage set;
  memory_client client;
  const std::string large(1 << 20, 'u');
  client.request(post_lines(), large);
  set.talk(client);
  stream& of = set.next();
  CHECK(of.body.size() == 65535);  // nobody has taken anything
  std::string got;
  for (int turn = 0; got.size() < large.size() && turn < 1000; ++turn) {
    while (!of.body.empty()) {
      const std::size_t size = of.body.front().size();
      got += of.body.front();
      of.body.consume(size);
      set.frames.consumed(of, size);
    }
    set.talk(client);
  }
  CHECK(got == large);
  CHECK(of.request_is_whole);
  CHECK(of.window >= 500'000);
  set.answer(of, "ok");
  set.talk(client);
  set.frames.release(of);
  CHECK(set.frames.stream_count() == 0);
}

TEST_CASE("what stalled streams hold is bounded, and does not stop the others", "[http2]") {
  stage set;
  memory_client client;
  const std::string large(5 << 20, 'u');
  std::vector<stream*> streams;
  for (unsigned i = 0; i < session_bounds::streams; ++i) client.request(post_lines(), large);
  set.talk(client);
  // Every backend is quick at first, then none takes anything.
  for (unsigned i = 0; i < session_bounds::streams; ++i) streams.push_back(&set.next());
  for (int turn = 0; turn < 200; ++turn) {
    for (stream* each : streams) {
      while (!each->body.empty() && each->window < session_bounds::largest_window) {
        const std::size_t size = each->body.front().size();
        each->body.consume(size);
        set.frames.consumed(*each, size);
      }
    }
    set.talk(client);
    if (streams.back()->request_is_whole) break;
  }
  std::int64_t windows = 0;
  for (const stream* each : streams) windows += each->window;
  CHECK(windows <=
        session_bounds::extra_windows + std::int64_t{session_bounds::streams} * session_bounds::first_window);
  for (stream* each : streams) set.frames.release(*each);
}

TEST_CASE("an early answer is whole, and then the client is told to keep the rest", "[http2]") {
  stage set;
  memory_client client;
  const auto id = client.request(post_lines(), std::string(500000, 'u'));
  set.talk(client);
  stream& of = set.next();
  set.answer(of, "no");
  set.talk(client);
  set.frames.release(of);
  set.talk(client);
  CHECK(client.answers[id].ended);
  CHECK_FALSE(client.answers[id].code);
  CHECK(set.frames.has_leftovers());
  set.frames.reset_leftovers();
  set.talk(client);
  CHECK(client.answers[id].code == code(error_code::no_error));
  CHECK(set.frames.stream_count() == 0);
}

TEST_CASE("malformed requests are reset, and their neighbours are not", "[http2]") {
  const std::string upper = request(1, get().add("X-Upper", "1"));
  const std::string control = request(1, get().add("x-bad", std::string("a\0b", 3)));
  const std::string newline = request(1, get().add("x-bad", "a\r\nHost: evil"));
  const std::string blank = request(1, get().add("x bad", "1"));
  const std::string padded = request(1, get().add("x-bad", " lead"));
  const std::string hop = request(1, get().add("connection", "close"));
  const std::string upgrade = request(1, get().add("upgrade", "h2c"));
  const std::string coding = request(1, get().add("transfer-encoding", "chunked"));
  const std::string te = request(1, get().add("te", "gzip"));
  const std::string late = request(1, get().add("a", "b").add(":path", "/"));
  const std::string twice = request(1, get().add(":path", "/other"));
  const std::string unknown = request(1, get().add(":evil", "1"));
  const std::string response = request(1, get().add(":status", "200"));
  const std::string hosts = request(1, get().add("host", "h").add("host", "h"));
  const std::string user =
      request(1, block().add(":method", "GET").add(":scheme", "http").add(":path", "/").add(":authority", "me@h"));
  const std::string user_of_tunnel = request(1, block().add(":method", "CONNECT").add(":authority", "me@h:443"));
  const std::string user_in_host =
      request(1, block().add(":method", "GET").add(":scheme", "http").add(":path", "/").add("host", "me@h"));
  const std::string lengths = request(1, get().add("content-length", "0").add("content-length", "0"));
  const std::string short_body = request(1, get().add("content-length", "5"));
  const std::string no_path = request(1, block().add(":method", "GET").add(":scheme", "http").add(":authority", "h"));
  const std::string empty_path =
      request(1, block().add(":method", "GET").add(":scheme", "http").add(":path", "").add(":authority", "h"));
  const std::string no_method = request(1, block().add(":path", "/").add(":scheme", "http").add(":authority", "h"));
  const std::string no_scheme = request(1, block().add(":path", "/").add(":method", "GET").add(":authority", "h"));
  const std::string nowhere = request(1, block().add(":path", "/").add(":method", "GET").add(":scheme", "http"));
  const std::string body = frame(frame_type::headers, flag::end_headers, 1, get().add("content-length", "5").bytes());
  const std::string too_long = body + frame(frame_type::data, flag::end_stream, 1, "sixsix");
  const std::string too_short = body + frame(frame_type::data, flag::end_stream, 1, "four");
  const std::string trailers = body + frame(frame_type::data, 0, 1, "12345");
  const std::string pseudo_trailer =
      trailers + frame(frame_type::headers, flag::end_headers | flag::end_stream, 1, block().add(":path", "/").bytes());
  const std::string open_trailer =
      trailers + frame(frame_type::headers, flag::end_headers, 1, block().add("a", "b").bytes());
  for (const std::string* each :
       {&upper,        &control,   &newline,        &blank,       &padded,     &hop,       &upgrade,   &coding,
        &te,           &late,      &twice,          &unknown,     &response,   &hosts,     &user,      &user_of_tunnel,
        &user_in_host, &lengths,   &short_body,     &no_path,     &empty_path, &no_method, &no_scheme, &nowhere,
        &too_long,     &too_short, &pseudo_trailer, &open_trailer}) {
    CAPTURE(*each);
    stage set;
    set.frames.receive(hello(), set.now);
    set.take();
    set.frames.receive(*each + request(3, get()), set.now);
    const auto told = verdicts(set.take());
    CHECK(told == std::map<std::uint32_t, std::uint32_t>{{1, code(error_code::protocol_error)}});
    for (stream* left : std::exchange(set.frames.arrived(), {})) {
      CHECK((left->id == 3 || !left->is_open));
      set.frames.release(*left);
    }
  }
}

TEST_CASE("what breaks the connection's rules ends it with the right code", "[http2]") {
  const std::string ended = request(1, get());
  struct row {
    std::string bytes;
    error_code expected;
  };
  const row table[] = {
      {ended + frame(frame_type::rst_stream, 0, 1, number(8, 4)) + frame(frame_type::data, 0, 1, "x"),
       error_code::stream_closed},
      {ended + frame(frame_type::data, 0, 1, "x"), error_code::stream_closed},
      {ended + ended, error_code::stream_closed},
      {request(5, get()) + request(3, get()), error_code::protocol_error},
      {frame(frame_type::data, 0, 7, "x"), error_code::protocol_error},
      {frame(frame_type::priority, 0, 3, number(3, 4) + "a"), error_code::protocol_error},
      {frame(frame_type::priority, 0, 0, number(3, 4) + "a"), error_code::protocol_error},
      {request(2, get()), error_code::protocol_error},
      {frame(frame_type::continuation, flag::end_headers, 1), error_code::protocol_error},
      {frame(frame_type::push_promise, flag::end_headers, 1, number(2, 4)), error_code::protocol_error},
      {frame(frame_type::window_update, 0, 0, number(0, 4)), error_code::protocol_error},
      {settings(number(2, 2) + number(2, 4)), error_code::protocol_error},
  };
  for (const row& each : table) {
    CAPTURE(&each - table);
    stage set;
    set.frames.receive(hello(), set.now);
    set.take();
    set.frames.receive(each.bytes, set.now);
    CHECK(verdicts(set.take())[0] == code(each.expected));
    CHECK(set.frames.is_over());
    for (stream* left : std::exchange(set.frames.arrived(), {})) set.frames.release(*left);
  }
}

TEST_CASE("the end is announced first, and named when the client has heard of it", "[http2]") {
  stage set;
  memory_client client;
  const auto first = client.request(get_lines());
  set.talk(client);
  stream& of = set.next();
  set.frames.announce_end();
  const std::string notice = set.take();
  const auto second = client.request(get_lines());
  const std::string on_its_way = client.take();
  client.give(notice);
  REQUIRE(client.goaways.size() == 1);
  CHECK(client.goaways[0] == std::pair<std::int32_t, std::uint32_t>(0x7FFFFFFF, 0));
  CHECK_FALSE(set.frames.has_named_last_stream());
  // What was on its way is still welcome.
  set.frames.receive(on_its_way, set.now);
  stream& late = set.next();
  set.talk(client);
  CHECK(set.frames.has_named_last_stream());
  REQUIRE(client.goaways.size() == 2);
  CHECK(client.goaways[1] == std::pair<std::int32_t, std::uint32_t>(3, 0));
  // And what comes later is not.
  set.frames.receive(request(5, get()), set.now);
  CHECK(set.frames.arrived().empty());
  set.answer(of, "one");
  set.answer(late, "two");
  CHECK_FALSE(set.frames.is_over());
  set.talk(client);
  CHECK(client.answers[first].ended);
  CHECK(client.answers[second].ended);
  set.frames.release(of);
  set.frames.release(late);
  CHECK(set.frames.is_over());
}

TEST_CASE("streams over the limit are refused, also while reset ones are still being ended", "[http2]") {
  stage set;
  set.frames.receive(hello(), set.now);
  set.take();
  std::uint32_t id = 1;
  for (unsigned i = 0; i < session_bounds::streams; ++i, id += 2) {
    set.frames.receive(request(id, get()) + frame(frame_type::rst_stream, 0, id, number(8, 4)), set.now);
  }
  CHECK(set.frames.stream_count() == session_bounds::streams);
  set.frames.receive(request(id, get()), set.now);
  CHECK(verdicts(set.take())[id] == code(error_code::refused_stream));
  for (stream* each : std::exchange(set.frames.arrived(), {})) set.frames.release(*each);
  CHECK(set.frames.stream_count() == 0);
  set.frames.receive(request(id + 2, get()), set.now);
  CHECK(set.frames.stream_count() == 1);
  set.frames.release(set.next());
}

TEST_CASE("abuse ends the connection with ENHANCE_YOUR_CALM", "[http2]") {
  // One byte that stands for a field of 4,000, over and over: 12 KB become 48 MB.
  const std::string bomb_field = block().add("x", std::string(4000, 'a')).bytes();
  std::string bomb = get().bytes();
  bomb += "\x40" + bomb_field.substr(1) + std::string(12000, '\xBE');
  std::string resets;
  for (std::uint32_t id = 1; id < 2000; id += 2)
    resets += request(id, get()) + frame(frame_type::rst_stream, 0, id, number(8, 4));
  std::string provoked;
  for (std::uint32_t id = 1; id < 2000; id += 2) provoked += request(id, get().add("te", "gzip"));
  std::string pings, acks, continuations = frame(frame_type::headers, 0, 1, get().bytes());
  for (int i = 0; i < 2000; ++i) {
    pings += frame(frame_type::ping, 0, 0, "12345678");
    acks += settings(number(4, 2) + number(static_cast<std::uint32_t>(i), 4));
    continuations += frame(frame_type::continuation, 0, 1);
  }
  struct row {
    const std::string& bytes;
    http2_abuse reason;
  };
  for (const row& each :
       {row{frame(frame_type::headers, flag::end_headers | flag::end_stream, 1, bomb), http2_abuse::header_block},
        row{resets, http2_abuse::resets}, row{provoked, http2_abuse::provoked_resets}, row{pings, http2_abuse::ping},
        row{acks, http2_abuse::settings}, row{continuations, http2_abuse::continuation}}) {
    CAPTURE(each.reason);
    stage set;
    std::string_view left = each.bytes;
    set.frames.receive(hello(), set.now);
    std::string out;
    for (; !left.empty(); left.remove_prefix(std::min<std::size_t>(left.size(), 4096))) {
      if (!set.frames.receive(left.substr(0, 4096), set.now)) break;
      out += set.take();
      for (stream* some : std::exchange(set.frames.arrived(), {})) set.frames.release(*some);
    }
    CHECK(set.frames.watch().guilty_of() == each.reason);
    out += set.take();
    CHECK(verdicts(out)[0] == code(error_code::enhance_your_calm));
    CHECK(set.frames.is_over());
    for (stream* some : std::exchange(set.frames.arrived(), {})) set.frames.release(*some);
  }
}

TEST_CASE("a head over the limit is still a request, to be refused by itself", "[http2]") {
  stage set;
  set.frames.receive(
      hello() + frame(frame_type::headers, flag::end_stream, 1, get().add("x", std::string(12000, 'a')).bytes()),
      set.now);
  for (int i = 0; i < 6; ++i)
    set.frames.receive(frame(frame_type::continuation, i == 5 ? flag::end_headers : 0, 1,
                             block().add("x", std::string(12000, 'a')).bytes()),
                       set.now);
  stream& of = set.next();
  CHECK(of.head.overflows());
  CHECK_FALSE(set.frames.watch().guilty_of());
  set.answer(of, "too large");
  CHECK(verdicts(set.take()).empty());
  set.frames.release(of);
}

TEST_CASE("a write that was interrupted leaves nothing behind that could still be read", "[http2]") {
  stage set;
  set.frames.receive(hello() + request(1, get()), set.now);
  set.take();
  stream& of = set.next();
  set.begin_answer(of);
  {
    const std::string gone(16384, 'g');
    set.write(of, gone, false);
    set.out.assign(batch, ' ');
    set.frames.collect(set.out, batch);  // no room: a frame is prepared, but not written
    set.out.assign(batch - 1, ' ');
    set.frames.collect(set.out, batch);
    set.out.assign(batch - 1, ' ');
    set.frames.collect(set.out, batch);
    of.pending = {};
  }
  set.frames.release(of);
  const auto told = verdicts(set.take());
  CHECK(told.contains(1));
  CHECK(set.frames.stream_count() == 0);
}

TEST_CASE("a connection that broke closes its streams once", "[http2]") {
  struct watcher : stream_events {
    int closings = 0;
    void input_came(std::size_t) override {}
    void output_went(std::size_t) override {}
    void closed() override { ++closings; }
  };
  stage set;
  set.frames.receive(hello() + request(1, get()) + request(3, get()), set.now);
  watcher events;
  stream& first = set.next();
  stream& second = set.next();
  first.events = second.events = &events;
  set.frames.lost();
  set.frames.lost();
  CHECK(events.closings == 2);
  CHECK(set.frames.is_over());
  CHECK_FALSE(set.frames.has_output());
  set.frames.release(first);
  set.frames.release(second);
  CHECK(set.frames.stream_count() == 0);
}
