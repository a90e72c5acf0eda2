// A request target as the logs see it, found in one pass: whether something in it may have to be masked, and which agent calls. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace opslb {

class seen_target {
 public:
  seen_target() = default;
  /// As received; any bytes, which have to stay.
  explicit seen_target(std::string_view text);

  std::string_view text() const { return text_; }
  /// False: put_redacted_target() would write it as it is.
  bool may_hold_secret() const { return may_hold_secret_; }
  /// Values of `ah` and `av` in the query, as they came; empty where there are none.
  std::string_view agent_host() const { return agent_host_; }
  std::string_view agent_version() const { return agent_version_; }

 private:
  void look_at(std::size_t begin, std::uint32_t marks);
  void look_at_equals(std::size_t at);

  std::string_view text_, agent_host_, agent_version_;
  std::size_t query_ = 0;  ///< where it begins, once it was looked for and found
  bool may_hold_secret_ = false;
};

}  // namespace opslb
