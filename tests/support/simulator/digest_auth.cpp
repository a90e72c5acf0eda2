#include "tests/support/simulator/digest_auth.hpp"

#include <algorithm>

#include "tests/support/simulator/digest.hpp"
#include "tests/support/simulator/duration.hpp"

namespace opslb::simulator {
namespace {

constexpr std::string_view realm = "MMS Public API";
constexpr std::int64_t nonce_lifetime = 300;

std::string nonce_of(std::int64_t time) {
  const auto stamp = std::to_string(time);
  // Ops Manager's hosts share a key file; all simulators share this word.
  return stamp + "." + sha256_hex("the key that all hosts share:" + stamp).substr(0, 32);
}

/// The parameters behind `Digest `: name=token or name="quoted".
std::map<std::string, std::string> parse_parameters(std::string_view text) {
  std::map<std::string, std::string> result;
  while (!text.empty()) {
    const auto equals = text.find('=');
    if (equals == std::string_view::npos) break;
    std::string name{without_blanks(text.substr(0, equals))};
    text.remove_prefix(equals + 1);
    std::string value;
    if (text.starts_with('"')) {
      std::size_t at = 1;
      for (; at < text.size() && text[at] != '"'; ++at) {
        if (text[at] == '\\' && at + 1 < text.size()) ++at;
        value += text[at];
      }
      text.remove_prefix(std::min(at + 1, text.size()));
    } else {
      value = without_blanks(text.substr(0, text.find(',')));
    }
    result.emplace(std::move(name), std::move(value));
    const auto comma = text.find(',');
    text = comma == std::string_view::npos ? std::string_view{} : text.substr(comma + 1);
  }
  return result;
}

}  // namespace

std::string digest_challenge(std::int64_t now, bool stale) {
  std::string text = "Digest realm=\"" + std::string{realm} + "\", domain=\"\", nonce=\"" + nonce_of(now) +
                     "\", algorithm=MD5, qop=\"auth\"";
  text += stale ? ", stale=true" : ", stale=false";
  return text;
}

digest_verdict check_digest(const request& head, const std::map<std::string, std::string>& keys, std::int64_t now) {
  const auto header = head.header("Authorization");
  if (header.size() < 7 || !same_name(header.substr(0, 7), "Digest ")) return digest_verdict::wrong;
  auto said = parse_parameters(header.substr(7));
  const auto key = keys.find(said["username"]);
  if (key == keys.end() || said["realm"] != realm || said["qop"] != "auth") return digest_verdict::wrong;
  if (said["nc"].size() != 8 || said["cnonce"].empty() || said["uri"] != head.target) return digest_verdict::wrong;

  const auto first = md5_hex(key->first + ":" + std::string{realm} + ":" + key->second);
  const auto second = md5_hex(std::string{head.method} + ":" + said["uri"]);
  const auto expected =
      md5_hex(first + ":" + said["nonce"] + ":" + said["nc"] + ":" + said["cnonce"] + ":auth:" + second);
  if (expected != said["response"]) return digest_verdict::wrong;

  const auto time = parse_number(std::string_view{said["nonce"]}.substr(0, said["nonce"].find('.')));
  const auto then = static_cast<std::int64_t>(time.value_or(0));
  const bool ours = said["nonce"] == nonce_of(then);
  return ours && then <= now + nonce_lifetime && now - then <= nonce_lifetime ? digest_verdict::right
                                                                              : digest_verdict::stale;
}

}  // namespace opslb::simulator
