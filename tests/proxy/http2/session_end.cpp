// What ends a stream or the connection: what is malformed, against the rules or too much, and who says goodbye.
#include "session_stage.hpp"

using namespace opslb;
using namespace opslb::http2;
using namespace std::chrono_literals;

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
