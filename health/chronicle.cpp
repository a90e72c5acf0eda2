#include "health/chronicle.hpp"

namespace opslb::health {

namespace {

std::string in_a_row(unsigned count, std::string_view kind) {
  if (count < 2) return {};
  return (" (" + std::to_string(count) + ' ').append(kind).append(" checks in a row)");
}

event is_down(const checked_host& host, unsigned count, std::string_view path) {
  std::string text = "backend " + host.name + " is down: " + host.last.text;
  if (host.last.how == ending::answered) text.append(" to ").append(path);
  return {true, text + in_a_row(count, "failed")};
}

/// What describe_outage() leaves out, because clients read it too: names, certificates, what the system says.
std::string particulars(std::span<const checked_host> hosts) {
  std::string text;
  for (const checked_host& host : hosts) {
    switch (host.last.how) {
      case ending::insecure:
      case ending::unresolved:
      case ending::garbled:
      case ending::failed: break;
      default: continue;
    }
    text.append(text.empty() ? " (" : "; ").append(host.name).append(": ").append(host.last.text);
  }
  return text.empty() ? text : text + ')';
}

event outage(const picture& all) {
  return {true, "no host is up: " + describe_outage(all.hosts, all.path) + particulars(all.hosts)};
}

}  // namespace

event chronicle::note(const transition& what, const picture& all, time now) {
  // Nobody gets its answers from this one, so it neither begins nor ends an outage.
  if (what.host.drained) {
    const bool up = what.what == change::went_up;
    return {false, "backend " + what.host.name + " (drained) is " + (up ? "up: " : "down: ") + what.host.last.text};
  }
  if (what.what == change::went_down) {
    if (all.any_up) return is_down(what.host, what.in_a_row, all.path);
    none_up_since_ = now;
    return outage(all);
  }
  const std::string& name = what.host.name;
  const std::string& answer = what.host.last.text;
  if (none_up_since_) {
    const std::string span = describe_span(now - *none_up_since_);
    none_up_since_.reset();
    const std::string_view verb = what.was_up ? " is up again: " : " is up: ";
    return {false, ("backend " + name).append(verb) + answer + " (no host was up for " + span + ')'};
  }
  return {false, "backend " + name + " is up: " + answer + in_a_row(what.in_a_row, "good")};
}

std::optional<event> chronicle::note_drain(const picture& all, time now) {
  if (all.any_up || none_up_since_) return std::nullopt;
  none_up_since_ = now;
  return outage(all);
}

std::vector<event> chronicle::note_first_round(std::span<const checked_host> down, const picture& all, time now) {
  std::vector<event> news;
  if (all.any_up || all.hosts.empty()) {
    none_up_since_.reset();
    for (const checked_host& host : down) news.push_back(is_down(host, 1, all.path));
  } else if (!none_up_since_) {
    none_up_since_ = now;
    news.push_back(outage(all));
  }
  return news;
}

std::string describe_span(std::chrono::steady_clock::duration span) {
  const auto seconds = std::chrono::round<std::chrono::seconds>(span).count();
  if (seconds < 60) return std::to_string(seconds) + " s";
  if (seconds < 3600) return std::to_string(seconds / 60) + " min " + std::to_string(seconds % 60) + " s";
  return std::to_string(seconds / 3600) + " h " + std::to_string(seconds / 60 % 60) + " min";
}

}  // namespace opslb::health
