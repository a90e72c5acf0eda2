#include "proxy/command/call.hpp"

#include <fmt/format.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <nlohmann/json.hpp>
#include <system_error>

#include "headers/characters.hpp"
#include "headers/framing.hpp"
#include "headers/head_parser.hpp"

namespace opslb::command {
namespace {

using clock = std::chrono::steady_clock;
using result = outcome<reply>;

constexpr std::size_t most_bytes = 64 * 1024 * 1024;

std::string last_error() { return std::error_code(errno, std::generic_category()).message(); }

/// A connection that gives up at one moment, whatever it is doing.
class connection {
 public:
  explicit connection(clock::time_point until) : until_(until) {}
  ~connection() { close(); }
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  /// These give what went wrong; empty: nothing.
  std::string open(const place& where);
  std::string send(std::string_view bytes);
  /// Appends what has come; `over`: nothing comes any more.
  std::string receive(std::string& bytes, bool& over);

 private:
  std::string open_unix(const std::string& path);
  std::string open_tcp(const std::string& host, std::uint16_t port);
  std::string connect(int family, const sockaddr* to, socklen_t size);
  bool wait(short what) const;
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

  clock::time_point until_;
  int fd_ = -1;
};

constexpr std::string_view no_answer = "no answer in time";

bool connection::wait(short what) const {
  pollfd asked{fd_, what, 0};
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until_ - clock::now()).count();
    const int ready = ::poll(&asked, 1, static_cast<int>(std::max<std::int64_t>(left, 0)));
    if (ready >= 0) return ready > 0;
    if (errno != EINTR) return false;
  }
}

std::string connection::open(const place& where) {
  return where.unix_path.empty() ? open_tcp(where.host, where.port) : open_unix(where.unix_path);
}

std::string connection::open_unix(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return "the path is too long for a socket";
  std::copy(path.begin(), path.end(), address.sun_path);
  return connect(AF_UNIX, reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

std::string connection::open_tcp(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found); error != 0)
    return ::gai_strerror(error);
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> all(found, &::freeaddrinfo);
  std::string why;
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    why = connect(each->ai_family, each->ai_addr, each->ai_addrlen);
    if (why.empty()) break;
  }
  return why;
}

std::string connection::connect(int family, const sockaddr* to, socklen_t size) {
  close();
  fd_ = ::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd_ < 0) return last_error();
  if (::connect(fd_, to, size) == 0) return {};
  if (errno != EINPROGRESS) return last_error();
  if (!wait(POLLOUT)) return std::string(no_answer);
  int error = 0;
  socklen_t error_size = sizeof error;
  ::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &error_size);
  return error == 0 ? std::string() : std::error_code(error, std::generic_category()).message();
}

std::string connection::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN) {
      if (!wait(POLLOUT)) return std::string(no_answer);
    } else if (errno != EINTR) {
      return last_error();
    }
  }
  return {};
}

std::string connection::receive(std::string& bytes, bool& over) {
  char piece[16 * 1024];
  for (;;) {
    const ssize_t size = ::recv(fd_, piece, sizeof piece, 0);
    if (size >= 0) {
      over = size == 0;
      bytes.append(piece, static_cast<std::size_t>(size));
      return {};
    }
    if (errno == EAGAIN) {
      if (!wait(POLLIN)) return std::string(no_answer);
    } else if (errno != EINTR) {
      return last_error();
    }
  }
}

std::string request_bytes(const place& where, std::string_view method, std::string_view target, std::string_view body) {
  const std::string host = where.unix_path.empty() ? where.to_string() : "localhost";
  std::string out = fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: opslb/{}\r\nConnection: close\r\n", method,
                                target, host, OPSLB_VERSION);
  if (!where.token.empty()) out += fmt::format("Authorization: Bearer {}\r\n", where.token);
  if (method == "POST") out += fmt::format("Content-Type: application/json\r\nContent-Length: {}\r\n", body.size());
  return out.append("\r\n").append(body);
}

/// `bytes` is all that came. The endpoint's answers have a Content-Length.
result read_reply(std::string_view bytes) {
  headers::response_head head;
  const auto parsed = headers::parse_response_head(bytes, 0, {}, head);
  headers::response_facts facts;
  const bool is_right =
      parsed.state == headers::parse_state::complete &&
      headers::check_response(head, headers::method::get, headers::upgrade_wish::none, facts).status == 0;
  if (!is_right || !facts.has_content_length) return result::bad("what answers there is no opslb");
  const auto body = bytes.substr(parsed.head_size);
  if (body.size() != facts.content_length) return result::bad("the answer broke off");
  return result::good({head.status, std::string(body)});
}

result converse(const place& where, const std::string& request) {
  connection to(clock::now() + call_time);
  if (auto why = to.open(where); !why.empty()) return result::bad(std::move(why));
  if (auto why = to.send(request); !why.empty()) return result::bad(std::move(why));
  std::string bytes;
  for (bool over = false; !over;) {
    if (auto why = to.receive(bytes, over); !why.empty()) return result::bad(std::move(why));
    if (bytes.size() > most_bytes) return result::bad("what answers there is no opslb");
  }
  return read_reply(bytes);
}

}  // namespace

outcome<reply> call(const place& where, std::string_view method, std::string_view target, std::string_view body) {
  auto got = converse(where, request_bytes(where, method, target, body));
  if (got.value) return got;
  return result::bad(
      fmt::format("no opslb can be reached at {}: {}; look whether it runs, or name it with --config or --admin",
                  where.to_string(), got.wrong));
}

std::string reply::detail() const {
  const auto said = nlohmann::json::parse(body, nullptr, false);
  if (said.is_object() && said.contains("detail") && said["detail"].is_string())
    return printable(said["detail"].get<std::string>());
  return printable(body.substr(0, body.find('\n')));
}

std::string printable(std::string_view text) {
  std::string out(text);
  // Control bytes, also those of the second half of Latin-1 as UTF-8 has them.
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto byte = static_cast<unsigned char>(out[i]);
    const bool is_c1 = byte == 0xC2 && i + 1 < out.size() && static_cast<unsigned char>(out[i + 1]) < 0xA0;
    if (byte < 0x20 || byte == 0x7F || is_c1) out[i] = '?';
    if (is_c1) out[i + 1] = '?';
  }
  return out;
}

std::string percent_encode(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (headers::is(headers::host_character, c)) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

}  // namespace opslb::command
