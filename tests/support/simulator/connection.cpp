#include "tests/support/simulator/connection.hpp"

#include "tests/support/simulator/routes.hpp"

namespace opslb::simulator {
namespace {

constexpr std::size_t longest_head = 128 * 1024;

/// One request under way, for the statistics.
class in_flight {
 public:
  in_flight(counters& counted, bool control) : counted_(control ? nullptr : &counted) {
    if (counted_) counted_->in_flight.fetch_add(1, std::memory_order_relaxed);
  }
  ~in_flight() {
    if (counted_) counted_->in_flight.fetch_sub(1, std::memory_order_relaxed);
  }
  in_flight(const in_flight&) = delete;
  in_flight& operator=(const in_flight&) = delete;

 private:
  counters* counted_;
};

connection_ends ends_of(tcp_socket& socket) {
  error_code ignored;  // a connection that is gone already has no ends; its first read fails
  const auto peer = socket.remote_endpoint(ignored);
  const auto local = socket.local_endpoint(ignored);
  return {peer.address().to_string(), peer.port(), local.address().to_string(), local.port()};
}

}  // namespace

connection::connection(tcp_socket socket, worker& here, service& whole, bool control)
    : client_(std::move(socket), here.idle),
      worker_(here),
      service_(whole),
      host_(whole.ops()),
      control_(control),
      ends_(ends_of(client_.socket())) {
  if (control_) return;
  place_ = worker_.connections.insert(worker_.connections.end(), this);
  host_.counted.connections.fetch_add(1, std::memory_order_relaxed);
  host_.counted.accepted.fetch_add(1, std::memory_order_relaxed);
}

connection::~connection() {
  if (control_) return;
  worker_.connections.erase(place_);
  host_.counted.connections.fetch_sub(1, std::memory_order_relaxed);
}

awaitable<void> connection::serve() {
  if (host_.wanted().proxy_protocol && !control_) {
    const bool announced = co_await read_proxy_header();
    if (!announced) {
      client_.reset();
      co_return;
    }
  }
  while (true) {
    idle_ = true;
    const bool received = co_await read_head();
    if (!received) break;
    idle_ = false;
    const in_flight counted(host_.counted, control_);
    bool stays = false;
    if (may_answer_plainly()) {
      stays = co_await answer_plainly();
    } else {
      stays = co_await answer_request();
    }
    if (!stays) break;
  }
  co_await client_.close();
}

awaitable<bool> connection::read_proxy_header() {
  proxy_header header;
  std::size_t size = 0;
  while (true) {
    const auto state = parse_proxy_header(client_.ready(), header, size);
    if (state == proxy_header_state::invalid) co_return false;
    if (state == proxy_header_state::complete) break;
    const bool more = co_await client_.fill();
    if (!more) co_return false;
  }
  client_.consume(size);
  host_.remember(header);
  if (!header.source.empty()) {
    ends_ = {header.source, header.source_port, header.destination, header.destination_port};
  }
  announced_ = std::move(header);
  co_return true;
}

awaitable<bool> connection::read_head() {
  std::size_t scanned = 0;
  while (true) {
    // RFC 9112 2.2: an empty line before the request line is ignored.
    while (client_.ready().starts_with("\r\n")) client_.consume(2);
    const auto end = client_.ready().find("\r\n\r\n", scanned);
    if (end != std::string_view::npos) {
      head_.raw = client_.ready().substr(0, end + 4);
      client_.consume(end + 4);
      break;
    }
    if (client_.ready().size() > longest_head) co_return false;
    scanned = client_.ready().size() < 3 ? 0 : client_.ready().size() - 3;
    const bool more = co_await client_.fill();
    if (!more) co_return false;
  }
  if (parse_request(head_)) co_return true;
  co_await client_.write("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  co_return false;
}

bool connection::wants_to_stay() const {
  const auto value = head_.header("Connection");
  return head_.http_1_0 ? lists(value, "keep-alive") : !lists(value, "close");
}

// The benchmarks measure a proxy with this path: it must cost as little as possible on this side.
bool connection::may_answer_plainly() const {
  if (head_.target != "/_sim/plain" || head_.method != "GET" || head_.http_1_0 || host_.leaving) return false;
  bool only_get = true;
  for (const auto& line : head_.headers) {
    only_get = only_get && !same_name(line.name, "Connection") && !same_name(line.name, "Content-Length") &&
               !same_name(line.name, "Transfer-Encoding");
  }
  return only_get;
}

awaitable<bool> connection::answer_plainly() {
  if (!control_) host_.counted.requests.fetch_add(1, std::memory_order_relaxed);
  if (const auto now = host_.version_generation(); now != plain_generation_) {
    plain_ = "HTTP/1.1 200 OK\r\n" + host_.header_lines() + "Content-Type: text/plain\r\nContent-Length: 3\r\n\r\nok\n";
    plain_generation_ = now;
  }
  return client_.write(plain_);
}

awaitable<bool> connection::answer_request() {
  body_reader body(client_, head_);
  const auto believed = as_jetty_believes(head_, ends_);
  exchange e{client_, head_, body, host_, service_, ends_, announced_, believed, control_, wants_to_stay()};

  std::string_view refused = believed.error;
  if (!body.well_framed()) refused = "the length of the body is in doubt";
  if (!head_.http_1_0 && head_.count("Host") != 1) refused = "one Host is needed";
  if (!refused.empty()) {
    e.keep_alive = false;
    co_await send(e, api_error(400, "BAD_REQUEST", refused));
    co_return false;
  }
  co_await route(e);
  if (!e.keep_alive) co_return false;
  co_await skip_body(e);
  co_return body.complete();
}

awaitable<void> serve_connection(tcp_socket socket, worker& here, service& whole, bool control) {
  connection served(std::move(socket), here, whole, control);
  co_await served.serve();
}

}  // namespace opslb::simulator
