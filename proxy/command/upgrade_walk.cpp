#include "proxy/command/upgrade_walk.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

namespace opslb::command {
namespace {

/// Its parts as numbers, so that 8.0.10 is newer than 8.0.9.
std::array<unsigned long, 3> numbers(const std::string& version) {
  std::array<unsigned long, 3> result{};
  const char* at = version.c_str();
  for (unsigned long& each : result) {
    char* end = nullptr;
    each = std::strtoul(at, &end, 10);
    at = *end == '.' ? end + 1 : end;
  }
  return result;
}

bool is_older(const std::string& a, const std::string& b) { return numbers(a) < numbers(b); }
bool is_out(const seen_host& host) { return host.state == host_state::draining || host.state == host_state::drained; }

const seen_host* find(const std::vector<seen_host>& seen, std::string_view name) {
  const auto found = std::find_if(seen.begin(), seen.end(), [&](const seen_host& each) { return each.name == name; });
  return found == seen.end() ? nullptr : &*found;
}

std::string with_version(const seen_host& host) {
  return host.version.empty() ? host.name : fmt::format("{} ({})", host.name, host.version);
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& each : words) text += (text.empty() ? "" : ", ") + each;
  return text;
}

/// Every host's version is known and the same.
bool all_alike(const std::vector<seen_host>& seen) {
  return std::all_of(seen.begin(), seen.end(), [&](const seen_host& each) {
    return !each.version.empty() && each.version == seen.front().version;
  });
}

std::string upgrade_mode(const std::vector<seen_host>& seen) {
  if (seen.empty()) return "no host is configured any more";
  if (all_alike(seen)) return fmt::format("all hosts run {}: Upgrade Mode is over", seen.front().version);
  std::vector<std::string> hosts;
  for (const seen_host& each : seen)
    hosts.push_back(fmt::format("{} {}", each.name, each.version.empty() ? "unknown" : each.version));
  return fmt::format("the hosts' versions: {}", joined(hosts));
}

}  // namespace

upgrade_walk::upgrade_walk(const std::vector<seen_host>& seen, std::string_view only) {
  if (!only.empty() && find(seen, only) == nullptr) {
    std::vector<std::string> names;
    for (const seen_host& each : seen) names.push_back(each.name);
    why_not_ = fmt::format("there is no backend \"{}\"; there are {}", only, joined(names));
    return;
  }
  choose_from(seen, only);
  const auto out = std::count_if(seen.begin(), seen.end(), is_out);
  if (seen.size() < 2) {
    why_not_ = "a rolling upgrade needs two hosts at least: one has to serve while the other is upgraded";
  } else if (out > 1) {
    why_not_ =
        "more than one host is drained, and Ops Manager is upgraded one host at a time: put all but one back by "
        "\"opslb ready NAME\"";
  } else if (out == 1 && !only.empty() && !is_out(*find(seen, only))) {
    const auto other = std::find_if(seen.begin(), seen.end(), is_out);
    why_not_ = fmt::format(
        "{0} is drained: finish it first by \"opslb upgrade --only {0}\", or put it back by \"opslb ready {0}\"",
        other->name);
  } else if (const auto down = std::find_if(seen.begin(), seen.end(),
                                            [](const seen_host& each) { return each.state == host_state::down; });
             down != seen.end()) {
    why_not_ = fmt::format(
        "{0} is down (its last check: {1}): with another host out too few would be left; wait until {0} is up",
        down->name, down->check);
  }
}

/// First the host that is out already, then those that have not the newest version; if all have the same, or nothing is known
/// of them, all.
void upgrade_walk::choose_from(const std::vector<seen_host>& seen, std::string_view only) {
  std::string newest;
  for (const seen_host& each : seen) newest = std::max(newest, each.version, is_older);
  const bool differ = std::any_of(
      seen.begin(), seen.end(), [&](const seen_host& each) { return !each.version.empty() && each.version != newest; });
  for (const seen_host& each : seen) {
    if (!only.empty() && each.name != only) continue;
    if (is_out(each)) {
      host_is_out_ = true;
      to_do_.insert(to_do_.begin(), each.name);
    } else if (!only.empty() || !differ || each.version != newest) {
      to_do_.push_back(each.name);
    } else {
      done_before_.push_back(each.name);
    }
  }
}

std::vector<std::string> upgrade_walk::describe(const std::vector<seen_host>& seen) const {
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < to_do_.size(); ++i) {
    const seen_host& host = *find(seen, to_do_[i]);
    lines.push_back(fmt::format("{}. {}: {}, upgrade, put back", i + 1, with_version(host),
                                is_out(host) ? "is drained already" : "drain"));
  }
  if (!done_before_.empty()) lines.push_back(fmt::format("done before: {}", joined(done_before_)));
  return lines;
}

walk_step upgrade_walk::next(const std::vector<seen_host>& seen) {
  if (at_ == to_do_.size()) return {walk_action::finish, {}, {upgrade_mode(seen)}, {}};
  const seen_host* host = find(seen, to_do_[at_]);
  host_is_out_ = host != nullptr && is_out(*host);
  if (host == nullptr)
    return {walk_action::wait, {}, {}, fmt::format("waiting: {} is not configured any more", to_do_[at_])};
  switch (now_) {
    case phase::choosing: return choose(seen);
    case phase::draining:
    case phase::emptying: return empty(*host);
    case phase::away: return watch(*host);
    case phase::returning: break;
  }
  walk_step step = await_return(*host);
  if (now_ == phase::choosing) step.news.push_back(upgrade_mode(seen));
  return step;
}

walk_step upgrade_walk::choose(const std::vector<seen_host>& seen) {
  const seen_host& host = *find(seen, to_do_[at_]);
  told_away_ = asked_ = is_confirmed_ = false;
  version_before_ = host.version;
  if (is_out(host)) {
    now_ = phase::emptying;
    // Taken up again: by now it may have the new version, which shows where another host has an older one.
    if (host.was_away) version_before_.clear();
    for (const seen_host& each : seen) {
      if (!each.version.empty() && is_older(each.version, host.version)) version_before_ = each.version;
    }
    return {walk_action::wait, host.name, {fmt::format("{} {} is drained already", place(), with_version(host))}, {}};
  }
  for (const seen_host& each : seen) {
    if (each.state != host_state::up)
      return {
          walk_action::wait, {}, {}, fmt::format("waiting until {} is up (its last check: {})", each.name, each.check)};
  }
  now_ = phase::draining;
  return {walk_action::drain, host.name, {fmt::format("{} draining {}", place(), with_version(host))}, {}};
}

walk_step upgrade_walk::empty(const seen_host& host) {
  if (host.state == host_state::draining) {
    now_ = phase::emptying;
    const std::string oldest = host.oldest.empty() ? std::string() : ", the oldest: " + host.oldest;
    return {walk_action::wait,
            host.name,
            {},
            fmt::format("{} {}: {} in flight{}", place(), host.name, host.in_flight, oldest)};
  }
  if (host.state == host_state::drained) {
    now_ = phase::away;
    if (host.was_away) return watch(host);
    return {walk_action::wait,
            host.name,
            {fmt::format("{} nothing is in flight at {} any more: upgrade {} now", place(), host.name, host.name)},
            {}};
  }
  if (now_ == phase::draining) return {walk_action::drain, host.name, {}, {}};  // the guard said no until now
  // Somebody else has put it back.
  now_ = phase::returning;
  return await_return(host);
}

walk_step upgrade_walk::watch(const seen_host& host) {
  if (!is_out(host)) {
    now_ = phase::returning;
    return await_return(host);
  }
  if (!host.is_healthy) {
    std::string line = fmt::format("{} {} is away: {}", place(), host.name, host.check);
    if (std::exchange(told_away_, true)) return {walk_action::wait, host.name, {}, std::move(line)};
    return {walk_action::wait, host.name, {std::move(line)}, {}};
  }
  const bool is_new = !host.version.empty() && !version_before_.empty() && host.version != version_before_;
  if (is_new) return put_back(host, fmt::format("runs {}, before {}", host.version, version_before_));
  if (is_confirmed_) return put_back(host, "is ready, as you say");
  // Two good checks: where the version comes from the manifest, it is there a moment after the first one.
  if (!host.was_away || host.good_checks < 2)
    return {walk_action::wait,
            host.name,
            {},
            fmt::format("{} waiting for {} to be upgraded ({})", place(), with_version(host), host.check)};
  if (version_before_.empty())
    return put_back(host, host.version.empty() ? "is back" : fmt::format("is back, and runs {}", host.version));
  if (std::exchange(asked_, true))
    return {walk_action::wait,
            host.name,
            {},
            fmt::format("{} {} is back with the version that it had", place(), host.name)};
  return {walk_action::confirm,
          host.name,
          {fmt::format("{} {} is back, but still runs {}", place(), host.name, host.version)},
          {}};
}

walk_step upgrade_walk::put_back(const seen_host& host, std::string why) {
  now_ = phase::returning;
  return {walk_action::put_back, host.name, {fmt::format("{} {} {}: putting it back", place(), host.name, why)}, {}};
}

walk_step upgrade_walk::await_return(const seen_host& host) {
  if (is_out(host)) return {walk_action::put_back, host.name, {}, {}};
  if (host.state != host_state::up)
    return {walk_action::wait,
            host.name,
            {},
            fmt::format("{} waiting until {} serves again (its last check: {})", place(), host.name, host.check)};
  walk_step step{walk_action::wait, host.name, {fmt::format("{} {} serves again", place(), with_version(host))}, {}};
  ++at_;
  now_ = phase::choosing;
  return step;
}

std::string upgrade_walk::how_to_go_on() const {
  if (!host_is_out_) return "no host is drained; \"opslb upgrade\" goes on";
  return fmt::format("{0} stays drained; \"opslb upgrade\" goes on with it, \"opslb ready {0}\" puts it back",
                     to_do_[at_]);
}

std::string upgrade_walk::place() const { return fmt::format("[{}/{}]", at_ + 1, to_do_.size()); }

}  // namespace opslb::command
