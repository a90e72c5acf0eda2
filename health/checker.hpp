// The health checks of all backends: one thread with its own event loop, one probe per backend at a time (contract 6).
// Writes the board's entries, and tells its owner of changes. Owned by the server.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "health/board.hpp"

struct ssl_st;  // OpenSSL's SSL

namespace opslb::health {

/// How a check speaks TLS. Whoever knows the configuration gives it; all are called on the checker's thread.
struct tls_client {
  std::function<ssl_st*()> begin;  ///< a session set to connect; the caller owns it
  /// Of a handshake, in words for the operator. `code` is OpenSSL's; 0: the connection was closed.
  std::function<std::string(const ssl_st&, unsigned long code)> why_failed;
  /// The bytes that end it in order (RFC 8446 6.1). Nothing is said behind them.
  std::function<std::string(ssl_st&)> close_notify;
};

/// One backend to be checked.
struct target {
  std::shared_ptr<entry> who;
  std::string name;  ///< for messages
  std::string host;  ///< name or address; looked up before each check, the first address that accepts is used
  std::uint16_t port = 0;
  std::string authority;  ///< Host line
  std::optional<tls_client> tls{};
};

struct check_settings {
  std::string path = "/monitor/health";
  std::chrono::milliseconds interval{5000};  ///< above zero
  std::chrono::milliseconds timeout{3000};   ///< for one whole check, look-up included
  unsigned rise = 2;
  unsigned fall = 2;
  std::string preamble;    ///< sent before the request: a PROXY header that announces nobody, or nothing
  std::string user_agent;  ///< "opslb-health/VERSION"
  /// Where a host is asked for its version that does not tell it with its answers; empty: nowhere.
  std::string manifest_path{};
};

/// Something an operator wants to read; `text` is one finished log line without a time.
struct event {
  bool warning = false;
  std::string text;
};

class check_loop;

class checker {
 public:
  struct callbacks {
    std::function<void()> changed;             ///< a backend went up or down, or began or ceased to answer
    std::function<void(const event&)> report;  ///< transitions, and all-down as one event
  };
  // Both are called on the checker's thread.

  explicit checker(callbacks tell);
  ~checker();  ///< ends the thread; no callback comes afterwards
  checker(const checker&) = delete;
  checker& operator=(const checker&) = delete;

  /// Any thread. Replaces the targets; each is checked at once, and `first_round_done` is called on the checker's
  /// thread when every one of them has had one result; at once if there are none. Targets whose entry was there before
  /// keep their standing. The call replaces an earlier one altogether: its checks in flight are dropped without a
  /// result, and its `first_round_done`, if still due, is never called.
  void use(std::vector<target> targets, check_settings settings, std::function<void()> first_round_done);

  /// Any thread. Live traffic could not connect: the next check of this entry comes at once, at most one a second.
  void suspect(const entry* who);

  /// Any thread. Live traffic came upon a version that the entry has not told before.
  void told_version(const entry* who, std::string_view service_version);

  /// Any thread. Takes the entry out of rotation, at once. Its checks go on.
  void drain(entry& who);
  /// Any thread. Ends a drain, at once: the entry is down, and serves after `rise` good checks that begin from now on,
  /// the first of them soon.
  void put_back(std::shared_ptr<entry> who);

 private:
  std::unique_ptr<check_loop> loop_;
};

}  // namespace opslb::health
