// Paths of the admin endpoint with a name in them. Pure.
#pragma once

#include <string>
#include <string_view>

namespace opslb::admin {

/// Is `path` the pattern, in which a segment "*" stands for any that is not empty? That one is put into `named`,
/// percent-decoded. What cannot be decoded does not match.
bool matches(std::string_view pattern, std::string_view path, std::string& named);

}  // namespace opslb::admin
