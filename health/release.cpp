#include "health/release.hpp"

#include <algorithm>

namespace opslb::health {

namespace {

constexpr std::string_view digits = "0123456789";
/// No part of a release has more.
constexpr std::size_t most_digits = 6;

/// The first three numbers, which tell releases apart; what follows is a build. Empty: these are not three numbers.
std::string first_three(std::string_view text) {
  std::size_t end = 0;
  for (int part = 0; part < 3; ++part) {
    if (part > 0) {
      if (end == text.size() || text[end] != '.') return {};
      ++end;
    }
    const std::size_t after = std::min(text.find_first_not_of(digits, end), text.size());
    if (after == end || after - end > most_digits) return {};
    end = after;
  }
  return std::string(text.substr(0, end));
}

/// The end of the string in `json` whose opening quote is at `begin`: the closing quote, or npos.
std::size_t end_of_string(std::string_view json, std::size_t begin) {
  for (std::size_t i = begin + 1; i < json.size(); ++i) {
    if (json[i] == '\\') {
      ++i;
    } else if (json[i] == '"') {
      return i;
    }
  }
  return std::string_view::npos;
}

std::size_t skip_blanks(std::string_view json, std::size_t at) {
  return std::min(json.find_first_not_of(" \t\r\n", at), json.size());
}

/// "ops1", "ops1 and ops2", "ops1, ops2 and ops3"
std::string listed(const std::vector<std::string>& names) {
  std::string text = names.front();
  for (std::size_t i = 1; i < names.size(); ++i) text.append(i + 1 < names.size() ? ", " : " and ").append(names[i]);
  return text;
}

std::string alike(const upgrade_mode& found, const std::vector<std::string>& unknown) {
  if (found.releases.empty()) return "no host has told its version";
  const std::string& release = found.releases.begin()->first;
  if (unknown.empty()) return "all hosts run " + release;
  return "all hosts whose version is known run " + release + "; it is not known of " + listed(unknown);
}

}  // namespace

std::string release_in(std::string_view service_version) {
  constexpr std::string_view key = "versionString=";
  const auto at = service_version.find(key);
  return first_three(at == std::string_view::npos ? service_version : service_version.substr(at + key.size()));
}

std::string release_in_manifest(std::string_view json) {
  // Only what stands in the outermost object counts: the manifest lists other versions, too.
  int depth = 0;
  for (std::size_t i = 0; i < json.size(); ++i) {
    if (json[i] == '{' || json[i] == '[') ++depth;
    if (json[i] == '}' || json[i] == ']') --depth;
    if (json[i] != '"') continue;
    const std::size_t end = end_of_string(json, i);
    if (end == std::string_view::npos) return {};
    const std::string_view text = json.substr(i, end - i);
    i = end;
    const std::size_t colon = skip_blanks(json, end + 1);
    if (depth != 1 || text != "\"version" || colon == json.size() || json[colon] != ':') continue;
    const std::size_t value = skip_blanks(json, colon + 1);
    if (value == json.size() || json[value] != '"') return {};
    // What has not come to its end may be the beginning of another one: 8.0.1 of 8.0.12.
    const std::size_t last = end_of_string(json, value);
    return last == std::string_view::npos ? std::string() : first_three(json.substr(value + 1, last - value - 1));
  }
  return {};
}

upgrade_mode compare_releases(std::span<const known_release> hosts) {
  upgrade_mode found;
  std::vector<std::string> unknown;
  for (const known_release& each : hosts) {
    (each.release.empty() ? unknown : found.releases[each.release]).push_back(each.host);
  }
  found.active = found.releases.size() > 1;
  if (!found.active) {
    found.text = alike(found, unknown);
    return found;
  }
  found.text = "hosts differ, so Ops Manager is in Upgrade Mode: ";
  for (const auto& [release, names] : found.releases) {
    if (release != found.releases.begin()->first) found.text += ", ";
    found.text.append(listed(names)).append(names.size() > 1 ? " run " : " runs ").append(release);
  }
  return found;
}

}  // namespace opslb::health
