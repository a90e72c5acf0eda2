#include "proxy/agents.hpp"

#include <algorithm>
#include <array>
#include <random>
#include <utility>

#include "headers/quotable.hpp"
#include "proxy/hash64.hpp"

namespace opslb {
namespace {

constexpr std::string_view agents_path = "/agents/";
constexpr std::size_t longest_host = 255;  // RFC 1035 3.1
constexpr std::size_t longest_version = 64;
constexpr unsigned first_error = 400;

// A note: size of the host, host, size of the version, version, 1 for an error.

constexpr std::size_t longest_note = 1 + longest_host + 1 + longest_version + 1;

char* put_text(std::string_view text, char* out) {
  *out++ = static_cast<char>(text.size());
  headers::copy_short(text, out);
  return out + text.size();
}

std::string_view take_text(std::string_view& notes) {
  const auto size = static_cast<unsigned char>(notes.front());
  const std::string_view text = notes.substr(1, size);
  notes.remove_prefix(1U + size);
  return text;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_coded =
        text[i] == '%' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 && hex_value(text[i + 2]) >= 0;
    out += is_coded ? static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2])) : text[i];
    if (is_coded) i += 2;
  }
  return out;
}

std::string_view words_for(const std::string& version) {
  return version.empty() ? "unknown" : std::string_view(version);
}

/// The most common ones; all others as one.
std::map<std::string, std::uint64_t> most_common(const std::map<std::string_view, std::uint64_t>& all,
                                                 std::size_t most) {
  std::vector<std::pair<std::string_view, std::uint64_t>> sorted(all.begin(), all.end());
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  std::map<std::string, std::uint64_t> result;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    result[i < most ? std::string(sorted[i].first) : "other"] += sorted[i].second;
  }
  return result;
}

}  // namespace

void note_agent(const seen_target& target, unsigned status, std::string& notes) {
  const std::string_view host = target.agent_host();
  if (host.empty() || host.size() > longest_host || !target.text().starts_with(agents_path)) return;
  const std::string_view version = target.agent_version();
  std::array<char, longest_note> note;
  char* end = put_text(version.size() > longest_version ? std::string_view() : version, put_text(host, note.data()));
  *end++ = status == 0 || status >= first_error ? '\1' : '\0';
  notes.append(note.data(), end);
}

void agent_inbox::submit(std::string& notes) {
  if (notes.empty()) return;
  {
    const std::lock_guard lock(mutex_);
    if (notes_.size() + notes.size() <= most_bytes) {
      notes_ += notes;
    } else {
      dropped_ += notes.size();
    }
  }
  notes.clear();
}

void agent_inbox::take(std::string& out) {
  out.clear();
  const std::lock_guard lock(mutex_);
  out.swap(notes_);
}

std::uint64_t agent_inbox::dropped_bytes() const {
  const std::lock_guard lock(mutex_);
  return dropped_;
}

agent_register::agent_register() : by_host_(0, hash{std::random_device{}()}) {}

std::size_t agent_register::hash::operator()(std::string_view text) const {
  return hash64(text.data(), text.size(), seed);
}

agent& agent_register::find_or_add(std::string_view host, agent::time_point now) {
  if (const auto found = by_host_.find(host); found != by_host_.end()) {
    agents_.splice(agents_.begin(), agents_, found->second);
    return agents_.front();
  }
  if (agents_.size() == most) {
    forget_last();
    ++forgotten_;
  }
  agents_.push_front({std::string(host), {}, now, now});
  by_host_.emplace(agents_.front().host, agents_.begin());
  return agents_.front();
}

void agent_register::forget_last() {
  by_host_.erase(agents_.back().host);
  agents_.pop_back();
}

void agent_register::take(std::string_view notes, agent::time_point now) {
  while (!notes.empty()) {
    const std::string_view host = take_text(notes);
    const std::string_view version = take_text(notes);
    const bool failed = notes.front() != '\0';
    notes.remove_prefix(1);
    const bool is_coded = host.find('%') != std::string_view::npos;
    agent& it = is_coded ? find_or_add(percent_decoded(host), now) : find_or_add(host, now);
    if (!version.empty() && it.version != version) it.version = percent_decoded(version);
    it.last_seen = now;
    ++it.calls;
    if (failed) ++it.errors;
  }
  while (!agents_.empty() && now - agents_.back().last_seen > forgotten_after) forget_last();
}

agent_summary agent_register::summary(agent::time_point now) const {
  agent_summary result;
  std::map<std::string_view, std::uint64_t> versions;
  for (const agent& each : agents_) {
    ++versions[words_for(each.version)];
    if (now - each.last_seen > silent_after) ++result.silent;
  }
  result.seen = agents_.size();
  result.versions = most_common(versions, most_versions);
  return result;
}

}  // namespace opslb
