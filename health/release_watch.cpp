#include "health/release_watch.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <exception>
#include <utility>

#include "headers/chunked.hpp"
#include "health/probe.hpp"

namespace opslb::health {

namespace asio = boost::asio;
using steady_clock = std::chrono::steady_clock;

namespace {

/// Of a manifest so much is read: its version stands before the long list of all versions, or it is not looked for.
constexpr std::size_t most_of_a_manifest = 64 * 1024;
/// Who does not say is asked more and more seldom, from the first of these to the other.
constexpr std::chrono::milliseconds shortest_pause = std::chrono::minutes(1);
constexpr std::chrono::milliseconds longest_pause = std::chrono::hours(1);

/// The body's own bytes, as far as they came.
std::string unchunked(std::string_view body) {
  headers::chunked_decoder decoder({});
  std::string result;
  for (;;) {
    const auto step = decoder.next(body);
    if (step.what != headers::chunked_decoder::state::data) return result;
    result.append(body.substr(step.framing, step.data));
    decoder.took(step.data);
    body.remove_prefix(step.framing + step.data);
  }
}

std::string release_told(const probe_result& answer) {
  if (answer.what.how != ending::answered) return {};
  if (!answer.service_version.empty()) return release_in(answer.service_version);
  if (answer.what.status != 200) return {};
  return release_in_manifest(answer.chunked ? unchunked(answer.body) : answer.body);
}

void rethrow(std::exception_ptr error) {
  if (error) std::rethrow_exception(error);
}

}  // namespace

/// One host, which a question under way keeps alive.
struct release_watch::subject {
  subject(asio::io_context& io, const target& of, const check_settings& settings)
      : who(of.who),
        name(of.name),
        where(io, of.host),
        question{of.port, settings.preamble, probe_request(settings.manifest_path, of.authority, settings.user_agent),
                 of.tls, most_of_a_manifest},
        interval(settings.interval),
        timeout(settings.timeout),
        deadline(io),
        not_before(steady_clock::now() + settings.interval) {}

  std::shared_ptr<entry> who;
  std::string name;
  name_lookup where;
  probe_plan question;
  std::chrono::milliseconds interval, timeout;
  std::chrono::milliseconds pause{};  ///< the last one after it did not say
  asio::steady_timer deadline;        ///< of the question under way
  /// Not asked before. The first time after an interval: by then an answer to some client may have told it.
  steady_clock::time_point not_before;
  bool is_asked = false;
  bool is_doubted = false;  ///< it was away, and may have come back as another release
  bool ended = false;
};

release_watch::release_watch(asio::io_context& io, std::function<void(const event&)> tell)
    : io_(io),
      tell_(std::move(tell)) {}

release_watch::~release_watch() = default;

void release_watch::use(const std::vector<target>& hosts, const check_settings& settings) {
  end();
  subjects_.clear();
  asks_ = !settings.manifest_path.empty();
  for (const target& each : hosts) subjects_.push_back(std::make_shared<subject>(io_, each, settings));
  compare();
}

void release_watch::end() {
  for (const auto& each : subjects_) {
    each->ended = true;
    each->deadline.expires_at(asio::steady_timer::time_point::min());
  }
}

void release_watch::note_check(entry& who, verdict said, change what, std::string_view service_version) {
  const auto found =
      std::find_if(subjects_.begin(), subjects_.end(), [&](const auto& each) { return each->who.get() == &who; });
  if (found == subjects_.end()) return;
  subject& host = **found;
  if (!service_version.empty()) {
    host.is_doubted = false;
    if (who.tell_version(service_version)) compare();
    return;
  }
  if (said != verdict::healthy) return;
  const bool came_back = what == change::went_up && who.checks() > 1;
  if (came_back) {
    host.is_doubted = true;
    host.not_before = {};
  }
  // Of a drained host no client's answer tells anything, and it is the one that is upgraded.
  const bool may_differ = host.is_doubted || who.is_drained() || who.release().empty();
  if (asks_ && may_differ && !host.is_asked && steady_clock::now() >= host.not_before) ask(*found);
}

void release_watch::note_traffic(const entry* who, std::string_view service_version) {
  for (const auto& each : subjects_) {
    if (each->who.get() != who) continue;
    if (each->who->tell_version(service_version)) compare();
    // Of one that it will not keep no more is heard.
    if (each->who->has_told(service_version)) each->who->clear_version();
  }
}

void release_watch::ask(const std::shared_ptr<subject>& whom) {
  const auto answered = [this, whom](const std::exception_ptr& error, const probe_result& answer) {
    rethrow(error);
    if (whom->ended) return;
    whom->is_asked = false;
    whom->is_doubted = false;
    const std::string release = release_told(answer);
    const bool said = !release.empty();
    whom->pause = said ? std::chrono::milliseconds() : std::clamp(2 * whom->pause, shortest_pause, longest_pause);
    whom->not_before = steady_clock::now() + std::max(whom->pause, whom->interval);
    if (whom->who->set_release(release)) compare();
  };
  whom->is_asked = true;
  whom->deadline.expires_after(whom->timeout);
  asio::co_spawn(io_, probe(whom->where, whom->question, whom->deadline), answered);
}

void release_watch::compare() {
  std::vector<known_release> hosts;
  for (const auto& each : subjects_) hosts.push_back({each->name, each->who->release()});
  upgrade_mode now = compare_releases(hosts);
  if (now.active && now.text != found_.text) tell_({false, now.text});
  if (!now.active && found_.active) tell_({false, "Upgrade Mode is over: " + now.text});
  found_ = std::move(now);
}

}  // namespace opslb::health
