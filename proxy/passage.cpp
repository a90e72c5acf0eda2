#include "proxy/passage.hpp"

#include "headers/rewrite.hpp"
#include "proxy/proxy_protocol.hpp"
#include "proxy/reply.hpp"

namespace opslb {
namespace {

std::int64_t microseconds_since(std::chrono::steady_clock::time_point began,
                                std::chrono::steady_clock::time_point now) {
  return std::chrono::duration_cast<std::chrono::microseconds>(now - began).count();
}

std::string_view protocol_name(headers::http_version version) {
  switch (version) {
    case headers::http_version::http_1_0: return "HTTP/1.0";
    case headers::http_version::http_1_1: return "HTTP/1.1";
    case headers::http_version::http_2: return "HTTP/2";
  }
  return "";
}

}  // namespace

// Taking over.

passage::passage(lane& at, generation_ref rules, const request_origin& origin, exchange& client,
                 const headers::request_facts& facts)
    : in_flight(client),
      at_(at),
      rules_(std::move(rules)),
      origin_(origin),
      client_(client),
      facts_(facts),
      texts_(at.texts),
      logs_(rules_->settings.access_log.path != "off"),
      idle_(rules_->settings.timeouts.idle),
      began_(at.now()) {
  const headers::request_head& head = client.head();
  const std::string_view id = headers::usable_request_id(head);
  if (id.empty()) {
    make_request_id(at_, texts_->id);
  } else {
    texts_->id.assign(id);
  }
  as_html_ = wants_html(head, facts_.target.origin);
  texts_->tried.clear();
  if (logs_) keep_for_log(head);
  at_.under_way.push_back(*this);
  client_.watch_for_end([](void* self) { static_cast<passage*>(self)->client_gone(); }, this);
}

passage::~passage() { client_.watch_for_end(nullptr, nullptr); }

/// The request's own bytes may be gone by the time its line is written.
void passage::keep_for_log(const headers::request_head& head) {
  std::string& text = texts_->log;
  text.clear();
  const auto find = [&](headers::field_id id) {
    for (const headers::field& field : head.fields) {
      if (field.known.id == id) return field.value;
    }
    return std::string_view();
  };
  const std::string_view host = facts_.host.text.empty() ? find(headers::field_id::host) : facts_.host.text;
  const std::array<std::pair<std::string_view, std::string_view*>, 5> kept{{
      {head.method_name, &record_.method},
      {head.target, &record_.target},
      {host, &record_.host},
      {find(headers::field_id::referer), &record_.referer},
      {find(headers::field_id::user_agent), &record_.user_agent},
  }};
  std::size_t size = 0;
  for (const auto& [from, to] : kept) size += from.size();
  text.reserve(size);  // so that the views stay good while it is filled
  for (const auto& [from, to] : kept) {
    const std::size_t at = text.size();
    text.append(from);
    *to = std::string_view(text).substr(at);
  }
  record_.began = std::chrono::system_clock::now();
  if (!record_.method.empty()) record_.protocol = protocol_name(head.version);
}

task<> passage::refuse(headers::refusal why) {
  client_address_ = origin_.from.client.address;
  record_.end = why.reason;
  own_answer answer{why.status, std::string(why.reason), false, as_html_, true};
  record_.status = why.status;
  const reply_result sent = co_await reply(at_, client_, answer, texts_->id, idle_);
  record_.body_out = sent.body_size;
}

// The way there.

task<> passage::carry() {
  client_address_ = origin_.from.client.address;
  gone_ = client_.is_gone();  // it may have broken before anybody watched
  if (gone_) co_return;
  headers::identity who;
  headers::identify(client_.head(), facts_, origin_.from, rules_->forwarding, who);
  client_address_ = who.client;
  const own_business mine = own_business_in();
  if (mine != own_business::none) {
    co_await answer_here(mine);
    co_return;
  }
  head_ = headers::to_backend(client_.head(), facts_, who, rules_->forwarding, texts_->id, texts_->head);
  carries(head_, began_);
  idle_ = rules_->idle_for(facts_.target.origin);

  const std::uint64_t most = rules_->settings.limits.body_bytes;
  if (most != 0 && facts_.body.kind == headers::body_kind::length && facts_.body.length > most) {
    co_await answer_failure(413);
    co_return;
  }
  for (;;) {
    pick_backend();
    if (picked_.result == upstream::pick_result::all_full) co_await wait_for_backend();
    if (picked_.result == upstream::pick_result::none_up && tried_.none()) co_await wait_for_backend();
    if (!take_place()) {
      if (!gone_) co_await answer_unavailable();
      co_return;
    }
    const judgement next = co_await try_backend();
    leave_backend();
    if (next.what == next_step::another_backend) {
      tried_.set(picked_.index);
      count_retry();
      continue;
    }
    if (next.what == next_step::reply) co_await answer_failure(next.status);
    if (next.what == next_step::cut || next.what == next_step::drop) client_.cut();
    co_return;
  }
}

// Picking, and waiting for somebody to pick.

void passage::pick_backend() {
  // Where places are limited, whoever waits for one comes first.
  const bool must_queue = rules_->bounded && at_.shared.room.anybody_waits();
  picked_ = rules_->chooser.choose(rules_->backends, tried_, client_address_, at_.now());
  if (picked_.result == upstream::pick_result::picked && must_queue) {
    give_place_back();
    picked_.result = upstream::pick_result::all_full;
  }
}

/// False if there is nobody to go to, or nobody left to go for.
bool passage::take_place() {
  if (picked_.result != upstream::pick_result::picked) return false;
  if (gone_) {
    give_place_back();
    return false;
  }
  picked_at_ = at_.now();
  answered_ = false;
  goes_to(&slot().shared->counts.of(at_.number));
  ++backend()->requests;
  if (record_.queued < 0) record_.queued = microseconds_since(began_, at_.now());
  return true;
}

task<> passage::wait_for_backend() {
  const config& settings = rules_->settings;
  upstream::ticket card;
  card.backends = &rules_->backends;
  card.chooser = &rules_->chooser;
  card.tried = tried_;
  card.client = client_address_;
  const upstream::stay::bounds bounds{settings.limits.waiting, settings.timeouts.hold, settings.timeouts.queue};
  upstream::stay here(at_.parts, at_.shared.room, card, picked_.result, bounds);
  waiting_ = &here;
  picked_ = co_await here;
  waiting_ = nullptr;
  waiting_is_full_ = here.room_was_full();
  record_.queued = microseconds_since(began_, at_.now());
}

void passage::leave_backend() {
  leaves();
  backend()->took.total.observe(microseconds_since(picked_at_, at_.now()));
  if (!answered_) ++backend()->responses[0];
  give_place_back();
}

void passage::count_retry() {
  ++at_.counts.retries;
  ++backend()->retries;
}

void passage::give_place_back() {
  slot().leave();
  if (at_.shared.room.anybody_waits()) at_.shared.room.serve();
}

// One backend.

task<judgement> passage::try_backend() {
  record_.backend = slot().shared->name;
  for (bool fresh = false;; fresh = true) {
    std::unique_ptr<upstream::connection> connection = fresh ? nullptr : resting_connection();
    if (!connection) connection = co_await connect();
    if (!connection) {
      note_try(tls_failure_.empty() ? last_failure_.detail : tls_failure_);
      co_return judge(last_failure_, {client_.head().verb, false, body_begun_, false});
    }
    const auto handed_over = at_.now();
    const relay_request request{at_, *rules_, client_, facts_, head_, texts_->id, idle_};
    relay attempt(request, *connection);
    relaying_ = &attempt;
    const relay_result result = co_await attempt.run();
    relaying_ = nullptr;

    body_begun_ = body_begun_ || result.body_begun;
    last_failure_ = result.what;
    record_.body_out = result.body_out;
    if (result.status != 0) {
      record_.status = result.status;
      record_.first_byte = microseconds_since(began_, result.first_byte);
      backend()->took.first_byte.observe(microseconds_since(handed_over, result.first_byte));
      ++backend()->responses[class_of(result.status)];
      answered_ = true;
    }
    const bool was_reused = connection->reused;
    settle(std::move(connection), result.reusable);
    note_try(to_text(result.what.cause));
    if (result.upgraded) client_.cut();  // a tunnel's connection is no HTTP any more
    const attempt_facts facts{client_.head().verb, facts_.body.kind != headers::body_kind::none, body_begun_,
                              was_reused};
    const judgement next = judge(result.what, facts);
    if (next.what != next_step::same_backend) co_return next;
    // The connection was dead because the host was drained: a new one would hold it up.
    if (slot().shared->health->is_drained()) co_return judgement{next_step::another_backend, next.status};
    count_retry();
  }
}

/// Where connections rest: those that announced a client to their backend are for that client alone.
upstream::pool& passage::pool() const {
  return rules_->settings.send_proxy_protocol != proxy_protocol_version::off ? origin_.own_pool : at_.pool;
}

std::unique_ptr<upstream::connection> passage::resting_connection() {
  // What cannot be sent twice is not sent into a connection that the backend has closed already.
  const bool surely_open = !headers::is_safe(client_.head().verb);
  std::unique_ptr<upstream::connection> resting = pool().take(*slot().shared, surely_open);
  if (resting) record_.connect = 0;
  return resting;
}

/// A new connection. Null: `last_failure_` says why.
task<std::unique_ptr<upstream::connection>> passage::connect() {
  const config& settings = rules_->settings;
  const auto began = at_.now();
  std::string announcement;
  if (settings.send_proxy_protocol != proxy_protocol_version::off) {
    const proxy_protocol::ends ends{origin_.from.client, origin_.from.local};
    announcement = proxy_protocol::write(settings.send_proxy_protocol, ends);
  }
  ++backend()->connects;
  upstream::connect_result result = co_await upstream::connect(at_.parts, slot().shared, settings.timeouts.connect,
                                                               announcement, new_tls_session(), connecting_);
  record_.connect = microseconds_since(began, at_.now());
  if (result.made) {
    backend()->took.connect.observe(record_.connect);
    at_.counts.took.connect.observe(record_.connect);
    co_return std::move(result.made);
  }
  last_failure_.phase = attempt_phase::connecting;
  last_failure_.cause = result.timed_out ? failure_cause::connect_timed_out : failure_cause::connect_failed;
  last_failure_.detail = result.reason;
  tls_failure_ = std::move(result.tls_failure);
  if (gone_) {
    last_failure_.cause = failure_cause::client_gone;
  } else {
    ++backend()->connect_failures;
    at_.shared.suspect(slot().shared->health.get());
  }
  co_return nullptr;
}

/// For a new connection to the picked backend; null if it is plain.
tls::ssl_ptr passage::new_tls_session() const {
  const backend_config& backend = slot().settings;
  if (!backend.tls) return nullptr;
  return rules_->backend_tls[at_.number]->new_session(backend.host, backend.port);
}

void passage::settle(std::unique_ptr<upstream::connection> connection, bool reusable) {
  // A connection that belongs to an older configuration is not kept, nor one that nobody is to use.
  if (!reusable || !(rules_ == at_.current) || slot().shared->health->is_drained()) return;
  pool().give_back(std::move(connection), rules_->settings.timeouts.backend_keep_alive);
}

void passage::client_gone() {
  gone_ = true;
  if (waiting_ != nullptr) waiting_->give_up();
  if (connecting_ != nullptr) connecting_->stream.interrupt(io_error::interrupted);
  if (relaying_ != nullptr) relaying_->client_gone();
}

// The log.

void passage::note_try(std::string_view outcome) {
  if (!logs_) return;
  std::string& text = texts_->tried;
  if (!text.empty()) text.push_back(' ');
  text.append(slot().shared->name).append("(").append(picked_.why).append(": ").append(outcome).append(")");
}

void passage::count() {
  count_bytes(at_.counts);
  record_.total = microseconds_since(began_, at_.now());
  at_.counts.took.total.observe(record_.total);
  if (record_.first_byte >= 0) at_.counts.took.first_byte.observe(record_.first_byte);
  ++at_.counts.responses[class_of(record_.status)];
}

void passage::log() {
  count();
  if (!logs_) return;
  const bool is_peer = client_address_ == origin_.from.client.address;
  const std::string behind_proxies = is_peer ? std::string() : client_address_.to_string();
  record_.listener = origin_.listener.settings.name;
  record_.tls_version = origin_.secured.version;
  record_.tls_cipher = origin_.secured.cipher;
  record_.client_certificate = origin_.secured.client;
  record_.client = is_peer ? std::string_view(origin_.from.client_text) : behind_proxies;
  record_.bytes_in = client_.bytes_in();
  record_.bytes_out = client_.bytes_out();
  record_.tried = texts_->tried;
  if (record_.end.empty())
    record_.end = gone_ && last_failure_.cause == failure_cause::none ? "client closed" : to_text(last_failure_.cause);
  record_.request_id = texts_->id;
  record_.agent_host = headers::query_value(record_.target, "ah");
  record_.agent_version = headers::query_value(record_.target, "av");
  if (rules_->settings.access_log.combined) {
    access_log::format_combined(record_, at_.access_lines);
  } else {
    access_log::format_json(record_, at_.access_lines);
  }
  if (at_.access_lines.size() >= many_lines) hand_over_lines(at_);
}

}  // namespace opslb
