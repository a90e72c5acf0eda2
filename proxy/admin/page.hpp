// The status page as it is sent: one document without external resources, put together from proxy/admin/page/ in the build.
#pragma once

#include <string_view>

namespace opslb::admin {

std::string_view page();

/// The Content-Security-Policy that lets this page's script and style run, and nothing else.
std::string_view page_policy();

}  // namespace opslb::admin
