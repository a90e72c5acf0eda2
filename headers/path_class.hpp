// What kind of traffic a path of Ops Manager is, in one word: for whoever wants to know what is still in flight at a host, and may
// not be shown a path. A handful of words, whatever clients send. Pure.
#pragma once

#include <string_view>

namespace opslb::headers {

/// Of a target in any form, as the client sent it: "agents", "backup", "restore", "download", "diagnostics", "api", "health", "ui" or
/// "other". Only a description: what a path may do is decided by plain_path.
std::string_view path_class(std::string_view target);

}  // namespace opslb::headers
