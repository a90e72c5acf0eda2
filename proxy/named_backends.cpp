#include "proxy/named_backends.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "proxy/checked_backends.hpp"
#include "proxy/found_backends.hpp"
#include "proxy/news.hpp"
#include "proxy/upstream/balancer.hpp"

namespace opslb {
namespace {

health::name_follower::pace pace_of(const config& settings) {
  return {settings.health.interval, settings.health.timeout};
}

/// In one line, however many they are: the status page has room for so many events.
void tell_left_out(const std::vector<std::string>& names) {
  constexpr std::size_t most_told = 16;
  if (names.empty()) return;
  const auto told = std::min(names.size(), most_told);
  const std::string more = names.size() > told ? fmt::format(" and {} more", names.size() - told) : std::string();
  news::warning("not used, since there are {} backends already, as many as there can be: {}{}", upstream::most_backends,
                fmt::join(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(told), ", "), more);
}

config with_found(const config& settings, const health::found_names& found) {
  found_backends result = with_found_backends(settings, found);
  tell_left_out(result.left_out);
  return std::move(result.settings);
}

}  // namespace

named_backends::named_backends(boost::asio::io_context& loop, std::function<void()> changed)
    : names_(loop, {std::move(changed), log_event}) {}

void named_backends::look_up(const config& in_use, config coming, std::function<void(config)> then) {
  auto names = names_to_follow(in_use);
  const auto more = names_to_follow(coming);
  names.insert(names.end(), more.begin(), more.end());
  const auto pace = pace_of(coming);
  const auto kept = std::make_shared<const config>(std::move(coming));
  names_.follow(names, pace, [this, kept, then = std::move(then)] { then(with_found(*kept, names_.found())); });
}

void named_backends::keep_to(const config& in_use) { names_.follow(names_to_follow(in_use), pace_of(in_use), nullptr); }

std::optional<config> named_backends::changed_from(const config& in_use) const {
  // What is left out is told once, when it has changed.
  found_backends now = with_found_backends(in_use, names_.found());
  if (same_backends(now.settings.backends, in_use.backends)) return std::nullopt;
  return with_found(in_use, names_.found());
}

}  // namespace opslb
