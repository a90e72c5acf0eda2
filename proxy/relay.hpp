// One attempt: the request to a backend's connection and its response to the client, both directions at once where the
// request's body is still coming. Knows nothing of picking, retrying or logging: it reports how it ended. One thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "headers/framing.hpp"
#include "headers/head_parser.hpp"
#include "proxy/exchange.hpp"
#include "proxy/failure.hpp"
#include "proxy/lane.hpp"
#include "proxy/upstream/connection.hpp"

namespace opslb {

/// What an attempt needs. All of it outlives the attempt.
struct relay_request {
  lane& at;
  const generation& rules;
  exchange& client;
  const headers::request_facts& facts;
  std::string_view head_text;  ///< the request's head as the backend gets it
  std::string_view request_id;
  milliseconds idle{};
  std::string_view nominated = {};  ///< headers::connection_list() of the request's head, if it names fields
};

/// How it ended.
struct relay_result {
  failure what;                                        ///< cause none: the response arrived whole
  unsigned status = 0;                                 ///< of the response, once its head was valid
  bool body_begun = false;                             ///< body bytes were taken from the client
  bool reusable = false;                               ///< the backend's connection can serve another request
  bool upgraded = false;                               ///< a tunnel stood and has ended
  std::uint64_t body_out = 0;                          ///< response body bytes passed on
  std::chrono::steady_clock::time_point first_byte{};  ///< when the response's head was whole
};

/// The attempt, from the caller's side: lets it be broken off while it runs.
class relay {
 public:
  relay(const relay_request& of, upstream::connection& to);

  /// Runs once; then there is a result().
  task<> run();
  const relay_result& result() const { return result_; }
  /// The client is gone, or everything is to be cut: ends run() soon.
  void client_gone();

 private:
  task<> upload();
  task<bool> upload_body(body_sink& to);
  void upload_failed(body_error why);
  task<> download();
  task<> join_ends();
  headers::parse_state parse_head(std::size_t& scanned);
  task<bool> pass_interim();
  task<> pass_body();
  void pass_failed(body_error from_backend, io_error to_client);
  task<> stop_upload();
  void let_client_go_on();
  void note_version();
  void begin_response(const headers::response_head& head);
  void fail(failure_cause cause, std::string_view detail = {});
  void fail(io_error backend_error);
  void idle_expired();

  const relay_request& of_;
  upstream::connection& to_;
  idle_clock clock_;
  child uploading_;
  relay_result result_;
  recycled<headers::response_head> head_;
  headers::response_facts facts_;
  std::string nominated_;  ///< the same of the response's
  std::size_t head_size_ = 0;
  std::uint64_t written_before_;
  std::uint64_t body_in_ = 0;
  bool uploaded_ = false;          ///< the whole request went out
  bool waits_for_client_ = false;  ///< the upload waits for body bytes
  bool told_to_continue_ = false;
  bool answer_begun_ = false;  ///< some byte of the answer came
};

}  // namespace opslb
