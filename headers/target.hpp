// The request target (RFC 9112 3.2) and the Host it stands for. The target itself is never changed, but for the absolute
// form, whose authority becomes Host. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace opslb::headers {

/// host[:port] of a Host field or an absolute-form target.
struct authority {
  std::string_view text;   ///< as received
  std::string_view host;   ///< IPv6 with its brackets
  std::uint16_t port = 0;  ///< 0: none given
};

/// False if malformed: empty, userinfo, a comma, anything outside letters, digits, `-._~` and a bracketed IPv6 address, or
/// a port that is empty or over 65535. (RFC 3986 allows sub-delims and percent-encoding in a reg-name; no real host name
/// has them, and a comma in X-Forwarded-Host would read as a list.)
bool parse_authority(std::string_view text, authority& out);

enum class target_form : std::uint8_t { origin, absolute, authority, asterisk };

/// A target taken apart. `origin` is what the backend gets: the target itself, or for the absolute form what stands
/// behind the authority ("/" where that is empty, "/?q" as `prefix_slash` + "?q", "*" for OPTIONS without a path).
struct parsed_target {
  target_form form = target_form::origin;
  std::string_view origin;
  bool prefix_slash = false;  ///< write "/" before `origin`
  authority from_target;      ///< absolute form only
};

/// False if malformed (RFC 9112 3.2), also: '#', bytes below 0x21 or above 0x7E, absolute form of another scheme than
/// http and https, `*` with another method than OPTIONS.
bool parse_target(std::string_view target, bool is_options, bool is_connect, parsed_target& out);

/// The path as the policies of opslb look at it (contract 4): a copy that is percent-decoded once, without ;parameters,
/// with slashes merged and dot segments resolved. It never goes to a backend.
class plain_path {
 public:
  /// `target` in origin form, with or without a query. `target` must outlive this where nothing had to be decoded.
  explicit plain_path(std::string_view target);

  /// What still decodes further (a '%' with two hex digits left after decoding) counts as being under /agents/ as well.
  bool is_under(std::string_view prefix) const;
  std::string_view text() const { return copied_ ? std::string_view(copy_) : view_; }

 private:
  std::string_view view_;
  std::string copy_;
  bool copied_ = false;
  bool decodes_further_ = false;
};

}  // namespace opslb::headers
