// Requests, answers and windows. How a connection ends is in session_end.cpp.
#include "session_stage.hpp"

using namespace opslb;
using namespace opslb::http2;
using namespace std::chrono_literals;

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

TEST_CASE("a client is told how much of a head is taken, as far as a setting can say it", "[http2]") {
  const auto told = [](std::size_t bytes) {
    stage set;
    session frames({bytes, 128}, set.pool, set.now);
    std::string out;
    frames.collect(out, batch);
    memory_client client;
    client.give(out);
    return nghttp2_session_get_remote_settings(client.handle(), NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE);
  };
  CHECK(told(64 * 1024) == 64 * 1024 + 32 * 128);
  CHECK(told(std::size_t{4} << 30) == 0xFFFF'FFFF);
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
