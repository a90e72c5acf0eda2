// What forward() knows of the request it carries: everything that has to outlive the request's own bytes, and how the client's
// going away reaches whatever is being waited for. One thread.
#pragma once

#include <string>

#include "proxy/access_log.hpp"
#include "proxy/exchange.hpp"
#include "proxy/forward.hpp"
#include "proxy/judge.hpp"
#include "proxy/lane.hpp"
#include "proxy/relay.hpp"
#include "proxy/reply.hpp"
#include "proxy/upstream/stay.hpp"

namespace opslb {

class passage : public in_flight {
 public:
  passage(lane& at, generation_ref rules, const request_origin& origin, exchange& client,
          const headers::request_facts& facts);
  ~passage();
  passage(const passage&) = delete;
  passage& operator=(const passage&) = delete;

  /// Answers a request that goes nowhere.
  task<> refuse(headers::refusal why);
  /// The way to a backend and back.
  task<> carry();
  /// One line in the access log.
  void log();

 private:
  void keep_for_log(const headers::request_head& head);
  /// What no backend is asked for.
  enum class own_business : std::uint8_t { none, redirect, no_certificate, max_forwards };
  own_business own_business_in() const;
  task<> answer_here(own_business what);
  task<> redirect(std::string_view origin);
  void pick_backend();
  bool take_place();
  task<> wait_for_backend();
  void leave_backend();
  void give_place_back();
  task<judgement> try_backend();
  upstream::pool& pool() const;
  std::unique_ptr<upstream::connection> resting_connection();
  task<std::unique_ptr<upstream::connection>> connect();
  task<> answer_unavailable();
  task<> answer_failure(unsigned status);
  task<> answer(unsigned status, std::string detail, bool retry_after = false);
  task<> answer(own_answer what);
  tls::ssl_ptr new_tls_session() const;
  void settle(std::unique_ptr<upstream::connection> connection, bool reusable);
  void note_try(std::string_view outcome);
  void count_retry();
  void count();
  void client_gone();
  const upstream::backend_slot& slot() const { return rules_->backends[picked_.index]; }

  lane& at_;
  generation_ref rules_;
  const request_origin& origin_;
  exchange& client_;
  const headers::request_facts& facts_;
  recycled<request_texts> texts_;
  std::string_view head_;  ///< for the backend, in texts_->head
  access_log::record record_;
  bool logs_ = false;
  bool as_html_ = false;
  milliseconds idle_{};
  headers::ip_address client_address_;

  upstream::backend_set tried_;
  upstream::pick picked_;
  failure last_failure_;
  std::string tls_failure_;  ///< why TLS to the last backend failed
  bool body_begun_ = false;
  bool waiting_is_full_ = false;
  bool gone_ = false;
  bool answered_ = false;  ///< by the backend that was picked last
  std::chrono::steady_clock::time_point began_;
  std::chrono::steady_clock::time_point picked_at_;  ///< when the place at the backend was taken

  // What the client's going away has to end; at most one is set.
  upstream::stay* waiting_ = nullptr;
  upstream::connection* connecting_ = nullptr;
  relay* relaying_ = nullptr;
};

}  // namespace opslb
