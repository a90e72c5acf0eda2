#include "proxy/drains.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "proxy/config_values.hpp"
#include "proxy/drain_guard.hpp"
#include "proxy/news.hpp"
#include "proxy/utc_time.hpp"

namespace opslb {
namespace {

std::optional<std::size_t> place_of(const generation& in, std::string_view name) {
  for (std::size_t i = 0; i < in.backends.size(); ++i) {
    if (in.backends[i].settings.name == name) return i;
  }
  return std::nullopt;
}

/// The backend that was drained, if it is the same host still.
const upstream::backend_slot* slot_of(const generation& in, const kept_drain& drained) {
  const auto place = place_of(in, drained.backend);
  if (!place || url_of(in.backends[*place].settings) != drained.url) return nullptr;
  return &in.backends[*place];
}

/// Whether a name that is followed can lead to a backend called so.
bool may_be_found(const config& settings, std::string_view name) {
  const std::string_view under = name.substr(0, std::min(name.find('@'), name.size()));
  return under != name &&
         std::any_of(settings.named_backends.begin(), settings.named_backends.end(),
                     [&](const auto& each) { return each.resolve != resolve_rule::first && each.name == under; });
}

void tell_still_drained(const kept_drain& which) {
  std::string since;
  append_rfc3339(which.since, since);
  news::info("backend {} is still drained, since {}; \"opslb ready {}\" puts it back", which.backend, since,
             which.backend);
}

/// More than one configuration can have at once. Who comes and goes that much is not drained by hand.
constexpr std::size_t most_awaited = 64;

std::string no_such_backend(const generation& in, std::string_view name) {
  std::string names;
  for (const upstream::backend_slot& each : in.backends)
    names += fmt::format("{}{}", names.empty() ? "" : ", ", each.settings.name);
  return fmt::format("there is no backend \"{}\"; there are {}", log::escaped(name), names.empty() ? "none" : names);
}

constexpr std::string_view taken_over = "another process of opslb is taking over; try again in a few seconds";
constexpr std::string_view will_be_forgotten = "the drain will not survive a restart of opslb";

/// Of one that was put back, where the file could not be written.
std::string not_for_good(std::string_view wrong) {
  return fmt::format("a restart of opslb drains it again: {}", wrong);
}

}  // namespace

std::filesystem::path state_file_of(const config& settings) {
  return settings.state_file.empty() ? default_state_file() : std::filesystem::path(settings.state_file);
}

std::string url_of(const backend_config& backend) {
  return (backend.tls ? "https://" : "http://") + write_host_and_port(backend.host, backend.port);
}

void drains::restore(std::filesystem::path file, const generation& of) {
  file_ = std::move(file);
  const loaded_state kept = load_state(file_);
  if (!kept.warning.empty()) news::warning("{}", kept.warning);
  const bool took_all = take(kept.drains, of);
  const std::string wrong = why_not_writable(file_);
  if (!wrong.empty()) {
    news::warning("state file {} cannot be written, so drains will not survive a restart of opslb: {}; set state_file",
                  file_.string(), wrong);
  } else if (!took_all) {
    take_file();
  }
}

void drains::go_on(std::filesystem::path file, const generation& of, const std::vector<kept_drain>& before) {
  file_ = std::move(file);
  take(before, of);
}

bool drains::take(const std::vector<kept_drain>& kept, const generation& of) {
  bool took_all = true;
  for (const kept_drain& each : kept) {
    if (may_be_found(of.settings, each.backend)) {
      await(each);
    } else if (const upstream::backend_slot* slot = slot_of(of, each)) {
      slot->shared->health->drain();
      begin(*slot, each.since);
      tell_still_drained(each);
    } else {
      news::info("backend {} was drained, but is not configured any more; forgotten", log::escaped(each.backend));
      took_all = false;
    }
  }
  keep_out(of);
  take_back(of);
  return took_all;
}

void drains::keep_out(const generation& coming) const {
  for (const kept_drain& each : awaited_) {
    if (const upstream::backend_slot* slot = slot_of(coming, each)) slot->shared->health->drain();
  }
}

/// Those that are there have been drained by keep_out().
void drains::take_back(const generation& now) {
  std::erase_if(awaited_, [&](const kept_drain& each) {
    const upstream::backend_slot* slot = slot_of(now, each);
    if (slot == nullptr) return false;
    begin(*slot, each.since);
    tell_still_drained(each);
    return true;
  });
}

void drains::await(kept_drain absent) {
  if (awaited_.size() == most_awaited) awaited_.erase(awaited_.begin());
  awaited_.push_back(std::move(absent));
}

void drains::take_file() {
  const std::string wrong = save();
  if (!wrong.empty()) news::warning("{}, so drains will not survive a restart of opslb", wrong);
}

void drains::adopt(std::filesystem::path file, const generation& now) {
  bool changes = file != file_;
  file_ = std::move(file);
  std::erase_if(records_, [&](const record& each) {
    if (now.has(*each.of)) return false;
    if (may_be_found(now.settings, each.of->name)) {
      await({each.of->name, each.url, each.since});
    } else {
      changes = true;
    }
    return true;
  });
  changes |= std::erase_if(awaited_, [&](const auto& each) { return !may_be_found(now.settings, each.backend); }) != 0;
  take_back(now);
  for (const upstream::backend_slot& each : now.backends) {
    // Put back between keep_out() and now.
    if (each.shared->health->is_drained() && find(*each.shared) == nullptr)
      whom_.checker->put_back(each.shared->health);
  }
  if (!changes) return;
  const std::string wrong = save();
  if (!wrong.empty()) news::warning("{}, so drains will not survive a restart of opslb", wrong);
}

drain_outcome drains::drain(const generation& of, std::string_view name, bool force) {
  const auto place = place_of(of, name);
  if (!place) return {drain_answer::unknown_backend, no_such_backend(of, name)};
  if (held_) return {drain_answer::refused, std::string(taken_over)};
  const upstream::backend_slot& slot = of.backends[*place];
  if (find(*slot.shared) != nullptr) {
    const std::string wrong = save_again();
    return {drain_answer::done, wrong.empty()
                                    ? fmt::format("{} was drained before", name)
                                    : fmt::format("{} was drained before, but {}: {}", name, will_be_forgotten, wrong)};
  }
  const std::string why_not = why_not_drain(guarded(of), *place);
  if (!why_not.empty() && !force) {
    news::info("backend {} is not drained: {}", name, why_not);
    return {drain_answer::refused, why_not};
  }
  take_out(slot);
  const std::string wrong = save();
  const std::string warning = wrong.empty() ? wrong : fmt::format("{}: {}", will_be_forgotten, wrong);
  news::info("backend {} is drained{} in_flight={}", name, why_not.empty() ? "" : " by force",
             slot.shared->in_flight.load());
  if (!warning.empty()) news::warning("backend {}: {}", name, warning);
  return {drain_answer::done, warning};
}

drain_outcome drains::put_back(const generation& of, std::string_view name) {
  const auto place = place_of(of, name);
  const auto away =
      std::find_if(awaited_.begin(), awaited_.end(), [&](const kept_drain& each) { return each.backend == name; });
  if (!place && away == awaited_.end()) return {drain_answer::unknown_backend, no_such_backend(of, name)};
  if (held_) return {drain_answer::refused, std::string(taken_over)};
  if (!place) return forget(away);
  const upstream::backend_slot& slot = of.backends[*place];
  if (!let_back(slot)) {
    const std::string wrong = save_again();
    return {drain_answer::done, wrong.empty() ? fmt::format("{} was not drained", name)
                                              : fmt::format("{} was not drained, but {}", name, not_for_good(wrong))};
  }
  const std::string wrong = save();
  news::info("backend {} is put back: it serves after {} good check{} in a row", name, of.settings.health.rise,
             of.settings.health.rise == 1 ? "" : "s");
  if (wrong.empty()) return {drain_answer::done, {}};
  news::warning("backend {}: {}", name, not_for_good(wrong));
  return {drain_answer::done, fmt::format("{} is put back, but {}", name, not_for_good(wrong))};
}

/// Of one that is not there at the moment.
drain_outcome drains::forget(std::vector<kept_drain>::iterator away) {
  const std::string name = std::move(away->backend);
  awaited_.erase(away);
  whom_.others(name, false);
  const std::string wrong = save();
  news::info("backend {} is not there at the moment, and not drained any more", name);
  const std::string done = fmt::format("{} is not there at the moment, and will serve when it is", name);
  if (wrong.empty()) return {drain_answer::done, done};
  news::warning("backend {}: {}", name, not_for_good(wrong));
  return {drain_answer::done, fmt::format("{}, but {}", done, not_for_good(wrong))};
}

void drains::follow_drain(const generation& of, std::string_view name) {
  const auto place = place_of(of, name);
  if (!place || find(*of.backends[*place].shared) != nullptr) return;
  take_out(of.backends[*place]);
  news::info("backend {} is drained here, too in_flight={}", name, of.backends[*place].shared->in_flight.load());
}

void drains::follow_back(const generation& of, std::string_view name) {
  const auto place = place_of(of, name);
  if (place && let_back(of.backends[*place])) news::info("backend {} is put back here, too", name);
}

std::chrono::system_clock::time_point drains::since(const upstream::backend& which) const {
  const record* found = find(which);
  return found == nullptr ? std::chrono::system_clock::time_point() : found->since;
}

std::vector<exchange_there> drains::in_flight_at(const upstream::backend& which) {
  look();
  for (record& each : records_) {
    if (each.of.get() == &which && upstream::state_of(which) == upstream::backend_state::draining)
      return each.left.oldest();
  }
  return {};
}

void drains::look() {
  for (record& each : records_) {
    if (upstream::state_of(*each.of) == upstream::backend_state::draining) each.left.ask(whom_.workers, each.of);
  }
}

const drains::record* drains::find(const upstream::backend& which) const {
  const auto found =
      std::find_if(records_.begin(), records_.end(), [&](const record& each) { return each.of.get() == &which; });
  return found == records_.end() ? nullptr : &*found;
}

/// A host that is on its way back is neither drained nor up.
std::vector<guarded_backend> drains::guarded(const generation& of) const {
  std::vector<guarded_backend> result;
  for (const upstream::backend_slot& each : of.backends) {
    const health::entry& health = *each.shared->health;
    result.push_back({each.settings.name, health.in_rotation(), find(*each.shared) != nullptr, health.last().text});
  }
  return result;
}

void drains::begin(const upstream::backend_slot& slot, std::chrono::system_clock::time_point since) {
  records_.push_back({slot.shared, url_of(slot.settings), since, {}});
}

void drains::take_out(const upstream::backend_slot& slot) {
  begin(slot, std::chrono::system_clock::now());
  whom_.checker->drain(*slot.shared->health);
  tell_workers(slot.shared);
  look();
}

bool drains::let_back(const upstream::backend_slot& slot) {
  if (std::erase_if(records_, [&](const record& each) { return each.of == slot.shared; }) == 0) return false;
  whom_.checker->put_back(slot.shared->health);
  whom_.others(slot.shared->name, false);
  return true;
}

/// Until every worker has done so, one may have picked the backend and not yet counted itself there.
void drains::tell_workers(const std::shared_ptr<upstream::backend>& which) const {
  const std::uint32_t number = which->drains.fetch_add(1) + 1;
  whom_.others(which->name, true);
  const auto missing = std::make_shared<std::atomic<std::size_t>>(whom_.workers.size());
  for (const auto& each : whom_.workers) {
    each->leave(which, [which, number, missing, &room = whom_.room] {
      if (missing->fetch_sub(1) != 1) return;
      // Whoever hands out places at this moment began before: its lock is free when it has ended.
      room.serve();
      which->drain_heard.store(number);
    });
  }
}

std::string drains::save() {
  std::string wrong = saves_ ? save_state(file_, kept()) : std::string();
  is_behind_ = !wrong.empty();
  return wrong;
}

std::string drains::save_again() { return is_behind_ ? save() : std::string(); }

std::vector<kept_drain> drains::kept() const {
  std::vector<kept_drain> all;
  for (const record& each : records_) all.push_back({each.of->name, each.url, each.since});
  all.insert(all.end(), awaited_.begin(), awaited_.end());
  return all;
}

}  // namespace opslb
