#include "health/check_loop.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <exception>
#include <utility>

namespace opslb::health {

namespace asio = boost::asio;
using steady_clock = std::chrono::steady_clock;

namespace {

/// For how long at most hosts that went away under load are checked each second.
constexpr auto longest_hurry = std::chrono::minutes(1);

/// Checks one target until it is replaced. Holds it, so that it lives until the last operation on it has ended.
asio::awaitable<void> watch(check_loop& loop, std::shared_ptr<watched> host) {
  while (!host->ended) {
    const auto due = host->plan.due(loop.hurries(*host));
    const auto began = steady_clock::now();
    if (began < due) {
      host->wake.expires_at(due);
      // Ends early when the due time may have moved: it is looked at anew either way.
      [[maybe_unused]] const auto [why] = co_await host->wake.async_wait(asio::as_tuple(asio::use_awaitable));
      continue;
    }
    host->plan.begin(began);
    host->suspected = host->what.who->clear_suspicion() || host->suspected;
    host->deadline.expires_at(began + host->timeout);
    const probe_result result = co_await probe(host->name, host->probing, host->deadline);
    if (host->ended) break;
    if (began < host->counts_from) continue;
    loop.take_in(*host, result, std::chrono::round<std::chrono::milliseconds>(steady_clock::now() - began));
  }
}

/// Nothing in watch() throws but for lack of memory. A host that is silently no longer checked would be worse than a
/// restart.
void rethrow(std::exception_ptr error) {
  if (error) std::rethrow_exception(error);
}

}  // namespace

watched::watched(asio::io_context& io, target subject, const check_settings& settings, schedule dates)
    : what(std::move(subject)),
      probing{what.port, settings.preamble, probe_request(settings.path, what.authority, settings.user_agent),
              what.tls},
      timeout(settings.timeout),
      plan(dates),
      name(io, what.host),
      wake(io),
      deadline(io) {}

void watched::end() {
  ended = true;
  wake.cancel();
  // Not cancel(): a probe that is about to wait for the deadline must find it in the past.
  deadline.expires_at(asio::steady_timer::time_point::min());
}

check_loop::check_loop(checker::callbacks tell)
    : work_(asio::make_work_guard(io_)),
      tell_(std::move(tell)),
      releases_(io_, [this](const event& news) { tell_.report(news); }),
      thread_([this] { io_.run(); }) {}

check_loop::~check_loop() {
  asio::post(io_, [this] {
    end_all();
    work_.reset();
  });
  thread_.join();
}

void check_loop::use(std::vector<target> targets, check_settings settings, std::function<void()> first_round_done) {
  asio::post(io_, [this, targets = std::move(targets), settings = std::move(settings),
                   done = std::move(first_round_done)]() mutable {
    replace(std::move(targets), std::move(settings), std::move(done));
  });
}

void check_loop::replace(std::vector<target> targets, check_settings settings, std::function<void()> first_round_done) {
  end_all();
  const auto before = std::exchange(watched_, {});
  settings_ = std::move(settings);
  first_round_done_ = std::move(first_round_done);
  first_results_due_ = targets.size();

  releases_.use(targets, settings_);
  const auto now = steady_clock::now();
  const double random = std::uniform_real_distribution<double>(0, 1)(random_);
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const schedule plan(now, settings_.interval, spread(settings_.interval, i, targets.size(), random));
    watched_.push_back(std::make_shared<watched>(io_, std::move(targets[i]), settings_, plan));
    watched& host = *watched_.back();
    const auto same =
        std::find_if(before.begin(), before.end(), [&](const auto& old) { return old->what.who == host.what.who; });
    if (same != before.end()) {
      host.told = (*same)->told;
      host.returns = (*same)->returns;
    }
    asio::co_spawn(io_, watch(*this, watched_.back()), rethrow);
  }
  if (watched_.empty()) end_first_round();
}

void check_loop::suspect(const entry* who) {
  if (!who->raise_suspicion()) return;
  asio::post(io_, [this, who] {
    for (const auto& host : watched_) {
      if (host->what.who.get() != who) continue;
      host->plan.suspect(steady_clock::now());
      host->wake.cancel();
    }
  });
}

void check_loop::told_version(const entry* who, std::string_view service_version) {
  if (!who->raise_version()) return;
  asio::post(io_, [this, who, told = std::string(service_version)] { releases_.note_traffic(who, told); });
}

void check_loop::drain(entry& who) {
  who.drain();
  asio::post(io_, [this] {
    wake_all();
    if (first_results_due_ != 0) return;  // the end of the round tells
    const auto all = hosts([](const watched&) { return true; });
    const auto news = chronicle_.note_drain({all, any_serves(), settings_.path}, steady_clock::now());
    if (news) tell_.report(*news);
  });
}

void check_loop::put_back(std::shared_ptr<entry> who) {
  who->put_back();
  asio::post(io_, [this, who = std::move(who)] {
    who->start_over();
    for (const auto& host : watched_) {
      if (host->what.who != who) continue;
      host->counts_from = steady_clock::now();
      host->plan.suspect(host->counts_from);
      host->returns = true;
      host->wake.cancel();
    }
  });
}

void check_loop::take_in(watched& host, const probe_result& result, std::chrono::milliseconds took) {
  entry& who = *host.what.who;
  const verdict said = judge(result.what);
  const bool answers = result.what.how == ending::answered;
  const bool answered = who.answers();
  const bool none_was_up = !any_serves();

  if (result.address) who.set_address(*result.address);
  who.set_last({std::chrono::system_clock::now(), took, result.what.how, result.what.status,
                describe(result.what, host.what.host, host.timeout)});
  const change what = who.observe(said, answers, {settings_.rise, settings_.fall, none_was_up}, steady_clock::now());

  // One good check of a host that is down: whether it is back is found out in the next seconds, not intervals. Until then the
  // others have its requests, and perhaps the next one of them is about to go.
  host.returns = said == verdict::healthy && !who.is_up();
  host.suspected = host.suspected && said != verdict::healthy;

  releases_.note_check(who, said, what, result.service_version);
  if (what != change::unchanged) news_of(host, what, none_was_up);
  if (what != change::unchanged || answers != answered) tell_.changed();
  if (std::exchange(host.first_round, false) && --first_results_due_ == 0) end_first_round();
}

void check_loop::news_of(watched& host, change what, bool none_was_up) {
  const bool up = what == change::went_up;
  const bool round_goes_on = first_results_due_ > (host.first_round ? 1U : 0U);
  // The last host that was up has gone down during a first round: whether that is an outage shows when the round is
  // over.
  host.told = up || any_serves() || !round_goes_on;
  if (host.told) {
    const entry& who = *host.what.who;
    const checked_host subject{host.what.name, who.last(), who.is_drained()};
    const transition news{what, subject, who.took(), who.went_down() > 0};
    const auto all = hosts([](const watched&) { return true; });
    tell_.report(chronicle_.note(news, {all, any_serves(), settings_.path}, steady_clock::now()));
  }
  // One host alone now has everybody's requests. For an interval longer the others are checked at the outage's pace;
  // they need `rise` good checks.
  const bool outage_is_over = up && none_was_up && any_serves() && first_results_due_ == 0;
  if (outage_is_over) hurry_until_ = steady_clock::now() + settings_.interval;
  // Clients notice a restart sooner than checks do, so its end is to be noticed sooner as well.
  if (what == change::went_down && host.suspected) {
    const auto end = steady_clock::now() + std::min<steady_clock::duration>(3 * settings_.interval, longest_hurry);
    hurry_until_ = std::max(hurry_until_, end);
  }
  wake_all();
}

void check_loop::end_first_round() {
  const auto all = hosts([](const watched&) { return true; });
  const auto down =
      hosts([](const watched& host) { return !host.told && !host.what.who->is_up() && !host.what.who->is_drained(); });
  for (const auto& host : watched_) host->told = true;
  for (const event& news :
       chronicle_.note_first_round(down, {all, any_serves(), settings_.path}, steady_clock::now())) {
    tell_.report(news);
  }
  const auto done = std::exchange(first_round_done_, nullptr);
  if (done) done();
}

bool check_loop::hurries(const watched& host) const {
  return !any_serves() || host.returns || (!host.what.who->is_up() && steady_clock::now() < hurry_until_);
}

bool check_loop::any_serves() const {
  return std::any_of(watched_.begin(), watched_.end(), [](const auto& host) { return host->what.who->in_rotation(); });
}

std::vector<checked_host> check_loop::hosts(bool (*wanted)(const watched&)) const {
  std::vector<checked_host> list;
  for (const auto& host : watched_) {
    if (wanted(*host)) list.push_back({host->what.name, host->what.who->why_out(), host->what.who->is_drained()});
  }
  return list;
}

void check_loop::wake_all() {
  for (const auto& host : watched_) host->wake.cancel();
}

void check_loop::end_all() {
  releases_.end();
  for (const auto& host : watched_) host->end();
}

}  // namespace opslb::health
