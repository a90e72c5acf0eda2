#include "health/name_follower.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <exception>
#include <utility>

namespace opslb::health {

namespace asio = boost::asio;

namespace {

constexpr auto token = asio::as_tuple(asio::use_awaitable);

template <typename T>
bool has(const std::vector<T>& list, const T& item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

template <typename T>
std::vector<T> in_lasting_order(const std::vector<T>& before, const std::vector<T>& now) {
  std::vector<T> result;
  for (const T& each : before) {
    if (has(now, each)) result.push_back(each);
  }
  for (const T& each : now) {
    if (!has(result, each)) result.push_back(each);
  }
  return result;
}

std::string describe(const headers::ip_address& address) { return address.to_string(); }

std::string describe(const service& record) {
  return record.host + ':' + std::to_string(record.port) + " (weight " + std::to_string(record.weight) + ')';
}

/// Those of `these` that `others` has not, as words; at most as many as anybody reads.
template <typename T>
std::string describe_missing(const std::vector<T>& these, const std::vector<T>& others) {
  constexpr std::size_t most = 16;
  std::string text;
  std::size_t count = 0;
  for (const T& each : these) {
    if (has(others, each)) continue;
    if (++count <= most) text += (text.empty() ? "" : ", ") + describe(each);
  }
  if (count > most) text += " and " + std::to_string(count - most) + " more";
  return text.empty() ? "none" : text;
}

std::string describe_change(const std::string& name, const found_hosts& before, const found_hosts& now) {
  const std::size_t count = now.addresses.size() + now.services.size();
  const bool services = !now.services.empty();
  return name + " leads to " + std::to_string(count) + (count == 1 ? " host" : " hosts") + " now; came: " +
         (services ? describe_missing(now.services, before.services)
                   : describe_missing(now.addresses, before.addresses)) +
         "; went: " +
         (services ? describe_missing(before.services, now.services)
                   : describe_missing(before.addresses, now.addresses));
}

/// Nothing in keep_up() throws but for lack of memory. A name that is silently no longer followed would be worse than a
/// restart.
void rethrow(std::exception_ptr error) {
  if (error) std::rethrow_exception(error);
}

}  // namespace

struct name_follower::followed {
  followed(asio::io_context& io, const followed_name& which, pace wanted)
      : name(which.name),
        how(wanted),
        lookup(io, which.name, which.what),
        wake(io),
        deadline(io) {}

  /// Ends the coroutine, at once even in the middle of a look-up.
  void end() {
    ended = true;
    // Not left to the lookup's own end: that comes with the loop's, when nobody may post to it any more.
    lookup.abandon();
    wake.cancel();
    deadline.expires_at(asio::steady_timer::time_point::min());
  }

  std::string name;
  pace how;
  name_lookup lookup;
  asio::steady_timer wake;      ///< for the next look-up
  asio::steady_timer deadline;  ///< of the one in progress
  found_hosts found;
  bool answered = false;  ///< with or without success
  bool fails = false;
  bool ended = false;
};

name_follower::name_follower(asio::io_context& io, callbacks tell) : io_(io), tell_(std::move(tell)) {}

name_follower::~name_follower() {
  for (const auto& [name, one] : followed_) one->end();
}

void name_follower::follow(const std::vector<followed_name>& names, pace how, std::function<void()> first_answers) {
  first_answers_ = std::move(first_answers);
  const auto before = std::exchange(followed_, {});
  for (const followed_name& name : names) {
    auto& one = followed_[name];
    if (one) continue;
    const auto known = before.find(name);
    if (known != before.end()) {
      one = known->second;
      one->how = how;
      continue;
    }
    one = std::make_shared<followed>(io_, name, how);
    asio::co_spawn(io_, keep_up(*this, one), rethrow);
  }
  for (const auto& [name, one] : before) {
    if (!followed_.contains(name)) one->end();
  }
  first_answer();
}

found_names name_follower::found() const {
  found_names result;
  for (const auto& [name, one] : followed_) result.emplace(name, one->found);
  return result;
}

/// Looks one name up until it is not followed any more. Holds it, so that it lives until the last operation on it has ended.
asio::awaitable<void> name_follower::keep_up(name_follower& owner, std::shared_ptr<followed> one) {
  using namespace asio::experimental::awaitable_operators;
  while (!one->ended) {
    one->deadline.expires_after(one->how.timeout);
    // Whichever ends first cancels the other. A look-up that was cancelled goes on, and the next one waits for it.
    auto race = one->lookup.find() || one->deadline.async_wait(token);
    auto first = co_await std::move(race);
    if (one->ended) co_return;
    auto* const answer = std::get_if<lookup_result>(&first);
    owner.take_in(*one, answer != nullptr ? *answer : lookup_result{{}, "no answer in time", {}});
    one->wake.expires_after(one->how.interval);
    [[maybe_unused]] const auto [why] = co_await one->wake.async_wait(token);
  }
}

void name_follower::take_in(followed& one, const lookup_result& result) {
  const bool fails = result.addresses.empty() && result.services.empty();
  if (fails && !one.fails) {
    const bool knows = one.found != found_hosts{};
    tell_.report(
        {true, one.name + " could not be looked up: " + result.error +
                   (knows ? "; what it led to is kept" : "; there are no hosts of that name until it can be")});
  }
  const bool works_again = std::exchange(one.fails, fails) && !fails;
  found_hosts now = one.found;
  if (!fails) {
    now = {in_lasting_order(one.found.addresses, result.addresses),
           in_lasting_order(one.found.services, result.services)};
  }
  const bool changes = now != one.found;
  if (changes) {
    tell_.report({false, describe_change(one.name, one.found, now)});
  } else if (works_again) {
    tell_.report({false, one.name + " can be looked up again, and leads where it did"});
  }
  one.found = std::move(now);
  if (!std::exchange(one.answered, true)) {
    first_answer();
  } else if (changes && !first_answers_) {
    tell_.changed();
  }
}

void name_follower::first_answer() {
  if (!first_answers_) return;
  const auto is_due = [](const auto& each) { return !each.second->answered; };
  if (std::any_of(followed_.begin(), followed_.end(), is_due)) return;
  std::exchange(first_answers_, nullptr)();
}

}  // namespace opslb::health
