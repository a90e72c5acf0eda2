// The walk along X-Forwarded-For against a second reading that takes the whole chain apart first. Each line of the input is
// one X-Forwarded-For line; 10.0.0.0/8 and fd00::/8 are trusted, and so is the peer.
#include <arpa/inet.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "headers/forwarded.hpp"

using namespace opslb::headers;

namespace {

void demand(bool holds) {
  if (!holds) std::abort();
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == separator) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

std::string stripped(const std::string& text) {
  const auto begin = text.find_first_not_of(" \t");
  return begin == std::string::npos ? "" : text.substr(begin, text.find_last_not_of(" \t") + 1 - begin);
}

bool is_port(const std::string& text) {
  if (text.empty() || text.find_first_not_of("0123456789") != std::string::npos) return false;
  const auto significant = text.find_first_not_of('0');
  return significant == std::string::npos ||
         (text.size() - significant <= 5 && std::stoul(text.substr(significant)) <= 65535);
}

/// The text of the address alone, in the form of inet_ntop with mapped addresses as IPv4; nullopt if malformed.
std::optional<std::string> address_of(std::string element) {
  const auto colons = static_cast<std::size_t>(std::count(element.begin(), element.end(), ':'));
  const auto bracket = element.find(']');
  const bool bracketed = !element.empty() && element[0] == '[' && bracket != std::string::npos;
  if (bracketed) {
    const auto behind = element.substr(bracket + 1);
    if (!behind.empty() && (behind[0] != ':' || !is_port(behind.substr(1)))) return std::nullopt;
    element = element.substr(1, bracket - 1);
  } else if (colons == 1) {
    if (!is_port(element.substr(element.find(':') + 1))) return std::nullopt;
    element = element.substr(0, element.find(':'));
  }
  if (element.find('\0') != std::string::npos) return std::nullopt;
  unsigned char bytes[16];
  char text[INET6_ADDRSTRLEN];
  if (!bracketed && inet_pton(AF_INET, element.c_str(), bytes) == 1) return element;
  if (inet_pton(AF_INET6, element.c_str(), bytes) != 1) return std::nullopt;
  std::string written = inet_ntop(AF_INET6, bytes, text, sizeof text);
  return written.starts_with("::ffff:") && written.find('.') != std::string::npos ? written.substr(7) : written;
}

bool is_trusted(const std::string& address) {
  if (address.find(':') == std::string::npos) return address.starts_with("10.");
  return address.starts_with("fd") && address.find(':') == 4;
}

std::string client_of(const std::vector<std::string>& lines, std::string client) {
  std::vector<std::string> chain;
  for (const auto& line : lines) {
    for (const auto& element : split(line, ',')) chain.push_back(stripped(element));
  }
  while (!chain.empty()) {
    const auto hop = address_of(chain.back());
    chain.pop_back();
    if (!hop) break;
    client = *hop;
    if (!is_trusted(client)) break;
  }
  return client;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto lines = split(std::string(reinterpret_cast<const char*>(data), size), '\n');
  const std::string name = "X-Forwarded-For";
  request_head head;
  for (const auto& line : lines) head.fields.push_back({name, line, classify(name)});

  const peer from{.client = {*ip_address::parse("10.0.0.1"), 1}, .client_text = "10.0.0.1", .local = {}};
  forwarding_rules rules;
  rules.trusted_proxies = {*network::parse("10.0.0.0/8"), *network::parse("fd00::/8")};
  rules.server_name = "lb";
  identity who;
  identify(head, {}, from, rules, who);
  demand(who.client_text == client_of(lines, "10.0.0.1"));
  demand(who.client_text == who.client.to_string());

  // Nothing that stands to the left of an address that is not trusted can change the answer.
  if (!is_trusted(std::string(who.client_text))) {
    head.fields.insert(head.fields.begin(), {name, "203.0.113.200, garbage", classify(name)});
    identity again;
    identify(head, {}, from, rules, again);
    demand(again.client == who.client);
  }
  return 0;
}
