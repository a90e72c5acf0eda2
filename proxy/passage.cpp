#include "proxy/passage.hpp"

#include "headers/hop_by_hop.hpp"
#include "headers/line_writer.hpp"
#include "headers/rewrite.hpp"
#include "headers/trace_context.hpp"
#include "proxy/proxy_protocol.hpp"
#include "proxy/reply.hpp"

namespace opslb {
namespace {

std::int64_t microseconds_since(std::chrono::steady_clock::time_point began,
                                std::chrono::steady_clock::time_point now) {
  return std::chrono::duration_cast<std::chrono::microseconds>(now - began).count();
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
      began_(at.now()),
      record_{.began = at.wall_time(began_),
              .listener = origin.listener.lasting_name,
              .tls_version = origin.secured.version,
              .tls_cipher = origin.secured.cipher,
              .peer = origin.from.client.address,
              .client = origin.from.client.address,
              .version = client.head().version} {
  ++at_.counts.requests;
  ++origin_.listener.counts().of(at_.number).requests;
  const headers::request_head& head = client.head();
  texts_->tries.clear();
  keep_text(head);
  as_html_ = facts_.noted.accept && wants_html(head, facts_.target.origin);
  const std::string_view id = facts_.noted.request_id ? headers::usable_request_id(head) : std::string_view();
  if (id.empty()) {
    make_request_id(at_, texts_->id);
  } else {
    texts_->id.assign(id);
  }
  at_.under_way.push_back(*this);
  client_.watch_for_end([](void* self) { static_cast<passage*>(self)->client_gone(); }, this);
}

passage::~passage() { client_.watch_for_end(nullptr, nullptr); }

/// Keeps what the log and the ring of recent requests say of the head, whose bytes may be gone by then.
void passage::keep_text(const headers::request_head& head) {
  const headers::noted_fields& noted = facts_.noted;
  headers::line_writer writer(texts_->kept);
  writer.put_short(head.method_name, head.target, facts_.host.text, noted.user_agent);
  text_.sizes = {};
  const auto note = [this](request_text::piece which, std::size_t size) {
    text_.sizes[which] = static_cast<std::uint32_t>(size);
  };
  note(request_text::method, head.method_name.size());
  note(request_text::target, head.target.size());
  note(request_text::host, facts_.host.text.size());
  note(request_text::user_agent, noted.user_agent.size());
  if (!noted.traceparent.empty()) {
    const std::string_view trace = headers::trace_id_of(noted.traceparent);
    writer.put(trace);
    note(request_text::trace, trace.size());
  }
  if (noted.identity) {
    const std::size_t before = writer.text().size();
    for (const headers::field& field : head.fields) {
      const bool is_ours =
          field.known.id == headers::field_id::via || field.known.id == headers::field_id::x_request_id;
      if (field.known.identity && !is_ours) writer.put(" ", field.name);
    }
    note(request_text::dropped, writer.text().size() - before);
  }
  if (!noted.referer.empty()) {
    writer.put(noted.referer);
    note(request_text::referer, noted.referer.size());
  }
  text_.all = writer.text();
}

task<> passage::refuse(headers::refusal why) {
  record_.end = why.reason;
  own_answer answer{why.status, std::string(why.reason), false, as_html_, true};
  record_.status = static_cast<std::uint16_t>(why.status);
  const reply_result sent = co_await reply(at_, client_, answer, texts_->id, idle_);
  record_.body_out = sent.body_size;
}

// The way there.

task<> passage::carry() {
  gone_ = client_.is_gone();  // it may have broken before anybody watched
  if (gone_) co_return;
  headers::identity who;
  headers::identify(client_.head(), facts_, origin_.from, rules_->forwarding, who);
  record_.client = who.client;
  record_.port = who.port;
  record_.https = who.https;
  const own_business mine = own_business_in();
  if (mine != own_business::none) {
    co_await answer_here(mine);
    co_return;
  }
  head_ = headers::to_backend(client_.head(), facts_, who, rules_->forwarding, texts_->id, texts_->head);
  if (facts_.nominates_fields) texts_->connection = headers::connection_list(client_.head().fields);
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
  picked_ = rules_->chooser.choose(rules_->backends, tried_, record_.client, at_.now());
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
  picked_after_ = microseconds_since(began_, picked_at_);
  if (record_.queued < 0) record_.queued = picked_after_;
  return true;
}

task<> passage::wait_for_backend() {
  for (;;) {
    upstream::stay here(at_.parts, at_.shared.room, *rules_, rules_->chooser, tried_, record_.client, picked_.result);
    // Who was sent on has waited before.
    here.has_waited(
        std::chrono::floor<milliseconds>(std::chrono::microseconds(std::max<std::int64_t>(record_.queued, 0))));
    waiting_ = &here;
    picked_ = co_await here;
    waiting_ = nullptr;
    waiting_is_full_ = here.room_was_full();
    record_.queued = microseconds_since(began_, at_.now());
    if (!here.was_sent_on() || gone_) co_return;
    use_present_rules();
    pick_backend();
    if (picked_.result == upstream::pick_result::picked) co_return;
  }
}

/// The backends of those that it began with were all down while it waited, and are not in use any more.
void passage::use_present_rules() {
  if (began_with_ == generation_ref()) began_with_ = rules_;
  rules_ = at_.current;
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
  record_.backend = slot().shared->lasting_name;
  for (bool fresh = false;; fresh = true) {
    std::unique_ptr<upstream::connection> connection = fresh ? nullptr : resting_connection();
    if (!connection) connection = co_await connect();
    if (!connection) {
      note_try(not_connected_, tls_failures_.empty());
      co_return judge(last_failure_, {client_.head().verb, false, body_begun_, false});
    }
    const auto handed_over = at_.now();
    const std::string_view nominated =
        facts_.nominates_fields ? std::string_view(texts_->connection) : std::string_view();
    const relay_request request{at_, *rules_, client_, facts_, head_, texts_->id, idle_, nominated};
    relay attempt(request, *connection);
    relaying_ = &attempt;
    co_await attempt.run();
    relaying_ = nullptr;
    const relay_result& result = attempt.result();

    body_begun_ = body_begun_ || result.body_begun;
    last_failure_ = result.what;
    record_.body_out = result.body_out;
    if (result.status != 0) {
      record_.status = static_cast<std::uint16_t>(result.status);
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
  not_connected_ = result.reason;
  if (!result.tls_failure.empty()) not_connected_ = tls_failures_.emplace_front(std::move(result.tls_failure));
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
  return rules_->backend_tls[at_.number]->new_session(backend.tls_name, backend.port);
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

void passage::note_try(std::string_view outcome, bool is_constant) {
  texts_->tries.push_back({record_.backend, picked_.why, outcome, picked_after_, is_constant});
}

void passage::close() {
  count();
  if (record_.end.empty())
    record_.end = gone_ && last_failure_.cause == failure_cause::none ? "client closed" : to_text(last_failure_.cause);
  at_.recent.add(record_, texts_->id, text_, origin_.secured.client, texts_->tries);
  const seen_target target(text_[request_text::target]);
  if (!target.agent_host().empty()) {
    note_agent(target, record_.status, at_.agent_notes);
    if (at_.agent_notes.size() >= many_lines) hand_over_lines(at_);
  }
  if (logs_) log(target);
}

void passage::count() {
  count_bytes(at_.counts);
  record_.bytes_in = bytes_in();
  record_.bytes_out = bytes_out();
  record_.total = microseconds_since(began_, at_.now());
  at_.counts.took.total.observe(record_.total);
  if (record_.first_byte >= 0) at_.counts.took.first_byte.observe(record_.first_byte);
  ++at_.counts.responses[class_of(record_.status)];
}

void passage::log(const seen_target& target) {
  const bool is_peer = record_.client == record_.peer;
  headers::ip_address::text_buffer behind_proxies;
  const access_log::record line{
      .facts = record_,
      .text = text_,
      .target = target,
      .client = is_peer ? std::string_view(origin_.from.client_text) : record_.client.write(behind_proxies),
      .request_id = texts_->id,
      .client_certificate = origin_.secured.client,
      .tries = texts_->tries,
  };
  if (rules_->settings.access_log.combined) {
    at_.access_lines.add_combined(line);
  } else {
    at_.access_lines.add_json(line);
  }
  if (at_.access_lines.size() >= many_lines) hand_over_lines(at_);
}

}  // namespace opslb
