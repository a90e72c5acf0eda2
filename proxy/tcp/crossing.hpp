// One raw TCP connection's way: to the backend that its client's address leads to, or to the next one that can be reached,
// then a tunnel. What passage is to a request. Lives in the frame of the coroutine that serves the connection. One thread.
#pragma once

#include <string>

#include "proxy/access_log.hpp"
#include "proxy/client_connection.hpp"
#include "proxy/failure.hpp"
#include "proxy/task.hpp"
#include "proxy/tunnel.hpp"
#include "proxy/upstream/stay.hpp"

namespace opslb::tcp {

class crossing final : public traffic {
 public:
  explicit crossing(client_connection& client);
  ~crossing() override;
  crossing(const crossing&) = delete;
  crossing& operator=(const crossing&) = delete;

  std::uint64_t bytes_in() const override;
  std::uint64_t bytes_out() const override { return client_.stream.bytes_written(); }

  /// The way to a backend, and everything up to the end of both connections.
  task<> carry();
  /// One line in the access log.
  void log();

 private:
  void pick_backend();
  task<> wait_for_backend();
  void give_place_back();
  task<> connect();
  task<> join_ends();
  void refuse();
  std::string_view why_unserved() const;
  void end(failure_cause why);
  void client_broke();
  void note_try(std::string_view outcome);
  std::int64_t microseconds_so_far() const;
  bool is_over() const { return cause_ != failure_cause::none; }
  const upstream::backend_slot& slot() const { return rules_->backends[picked_.index]; }

  client_connection& client_;
  lane& at_;
  generation_ref rules_;
  busy_mark mark_;
  in_flight moving_;
  recycled<request_texts> texts_;
  exchange_facts record_;
  std::uint64_t bytes_before_;  ///< of the PROXY header
  std::chrono::steady_clock::time_point began_;

  upstream::backend_set tried_;
  upstream::pick picked_;
  bool waiting_is_full_ = false;
  failure_cause cause_ = failure_cause::none;  ///< why it is over before both ends have closed
  std::string_view connect_failure_;           ///< of the backend that was tried last
  std::unique_ptr<upstream::connection> backend_;

  // What an end from outside has to wake; at most one is set.
  upstream::stay* waiting_ = nullptr;
  upstream::connection* connecting_ = nullptr;
};

}  // namespace opslb::tcp
