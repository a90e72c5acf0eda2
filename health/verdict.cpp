#include "health/verdict.hpp"

#include <algorithm>

namespace opslb::health {

namespace {

/// Long enough for every registered reason phrase, short enough for a log line.
constexpr std::size_t longest_phrase = 64;

std::string printable(std::string_view phrase) {
  std::string kept;
  std::copy_if(phrase.begin(), phrase.begin() + static_cast<std::ptrdiff_t>(std::min(phrase.size(), longest_phrase)),
               std::back_inserter(kept), [](char c) { return c >= ' ' && c <= '~'; });
  return kept;
}

std::string answer(const outcome& what) {
  std::string text = "answered " + std::to_string(what.status);
  // "200" says it all, and it is what a healthy host answers every few seconds.
  if (what.status == 200) return text;
  const std::string phrase = printable(what.detail);
  if (!phrase.empty()) text += ' ' + phrase;
  return text;
}

}  // namespace

verdict judge(const outcome& what) {
  if (what.how != ending::answered) return verdict::unreachable;
  return what.status == 200 ? verdict::healthy : verdict::unhealthy;
}

std::string describe(const outcome& what, std::string_view host, std::chrono::milliseconds timeout) {
  switch (what.how) {
    case ending::unchecked: return "not checked yet";
    case ending::answered: return answer(what);
    case ending::unresolved: return "name " + std::string(host) + " could not be resolved: " + what.detail;
    case ending::refused: return "connection refused";
    case ending::no_connection: return "no connection within " + describe(timeout);
    case ending::no_answer: return "no answer within " + describe(timeout);
    case ending::reset: return "connection reset";
    case ending::closed: return "connection closed without a complete answer";
    case ending::garbled:
      return "answered with something that is no HTTP response" + (what.detail.empty() ? "" : " (" + what.detail + ')');
    case ending::insecure: return "TLS failed: " + what.detail;
    case ending::drained: return "drained";
    case ending::failed: break;
  }
  return what.detail;
}

std::string describe(std::chrono::milliseconds configured) {
  const auto count = configured.count();
  if (count != 0 && count % 60'000 == 0) return std::to_string(count / 60'000) + "m";
  if (count % 1000 == 0) return std::to_string(count / 1000) + "s";
  return std::to_string(count) + "ms";
}

}  // namespace opslb::health
