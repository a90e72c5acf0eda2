// One request from its head to its line in the access log: picks a backend, waits for one, leases a connection, relays, judges a
// failure, tries again where it may, answers where it must. Holds everything that has to outlive the request's own bytes, and
// knows how the client's going away reaches whatever is being waited for. One thread.
#pragma once

#include <forward_list>
#include <string>

#include "proxy/access_log.hpp"
#include "proxy/client_connection.hpp"
#include "proxy/exchange.hpp"
#include "proxy/judge.hpp"
#include "proxy/lane.hpp"
#include "proxy/relay.hpp"
#include "proxy/reply.hpp"
#include "proxy/upstream/stay.hpp"

namespace opslb {

/// Where a request comes from.
struct request_origin {
  const headers::peer& from;
  const listener_info& listener;
  const secured_by& secured;
  upstream::pool& own_pool;  ///< for backends that are told the client by the PROXY protocol
};

inline request_origin origin_of(client_connection& over) {
  return {over.peer, *over.listener, *over.secured, over.own_pool};
}

class passage : public in_flight {
 public:
  passage(lane& at, generation_ref rules, const request_origin& origin, exchange& client,
          const headers::request_facts& facts);
  ~passage();
  passage(const passage&) = delete;
  passage& operator=(const passage&) = delete;

  /// Awaited once. `refused.status` other than 0: the request is only answered; the facts are not looked at then.
  task<> forward(headers::refusal refused) { return refused.status != 0 ? refuse(refused) : carry(); }
  /// To be called when that is over: counted, remembered, and one line in the access log.
  void close();

 private:
  /// Answers a request that goes nowhere.
  task<> refuse(headers::refusal why);
  /// The way to a backend and back.
  task<> carry();
  void keep_text(const headers::request_head& head);
  /// What no backend is asked for.
  enum class own_business : std::uint8_t { none, redirect, no_certificate, max_forwards };
  own_business own_business_in() const;
  task<> answer_here(own_business what);
  task<> redirect(std::string_view origin);
  void pick_backend();
  bool take_place();
  task<> wait_for_backend();
  void use_present_rules();
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
  void note_try(std::string_view outcome, bool is_constant = true);
  void count_retry();
  void count();
  void log(const seen_target& target);
  void client_gone();
  const upstream::backend_slot& slot() const { return rules_->backends[picked_.index]; }

  lane& at_;
  generation_ref rules_;
  generation_ref began_with_;  ///< what the head is made from, if that are other rules
  const request_origin& origin_;
  exchange& client_;
  const headers::request_facts& facts_;
  recycled<request_texts> texts_;
  std::string_view head_;  ///< for the backend, in texts_->head
  request_text text_;      ///< in texts_->kept
  bool logs_ = false;
  bool as_html_ = false;
  milliseconds idle_{};
  std::chrono::steady_clock::time_point began_;
  exchange_facts record_;

  upstream::backend_set tried_;
  upstream::pick picked_;
  failure last_failure_;
  std::forward_list<std::string> tls_failures_;  ///< at the backends that were tried
  std::string_view not_connected_;               ///< why not, to the last one: not for clients, it may name hosts
  bool body_begun_ = false;
  bool waiting_is_full_ = false;
  bool gone_ = false;
  bool answered_ = false;                            ///< by the backend that was picked last
  std::chrono::steady_clock::time_point picked_at_;  ///< when the place at the backend was taken
  std::int64_t picked_after_ = 0;                    ///< the same, in microseconds after the head

  // What the client's going away has to end; at most one is set.
  upstream::stay* waiting_ = nullptr;
  upstream::connection* connecting_ = nullptr;
  relay* relaying_ = nullptr;
};

}  // namespace opslb
