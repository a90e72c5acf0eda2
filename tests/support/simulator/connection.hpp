// One client connection: the PROXY header where it must carry one, then requests until either side has had enough.
#pragma once

#include <optional>

#include "tests/support/simulator/exchange.hpp"
#include "tests/support/simulator/service.hpp"

namespace opslb::simulator {

class connection {
 public:
  connection(tcp_socket socket, worker& here, service& whole, bool control);
  ~connection();
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  awaitable<void> serve();

  wire& client() { return client_; }
  /// Between two requests.
  bool idle() const { return idle_; }

 private:
  awaitable<bool> read_proxy_header();
  awaitable<bool> read_head();
  awaitable<bool> answer_request();
  bool may_answer_plainly() const;
  awaitable<bool> answer_plainly();
  bool wants_to_stay() const;

  wire client_;
  worker& worker_;
  service& service_;
  host& host_;
  const bool control_;
  bool idle_ = true;
  request head_;
  connection_ends ends_;
  std::optional<proxy_header> announced_;
  std::string plain_;  ///< the answer of /_sim/plain, made anew when the version changes
  std::uint64_t plain_generation_ = 0;
  std::list<connection*>::iterator place_;
};

awaitable<void> serve_connection(tcp_socket socket, worker& here, service& whole, bool control);

}  // namespace opslb::simulator
