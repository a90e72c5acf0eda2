// The status page as it is sent: one document without external resources.
#pragma once

#include <string_view>

namespace opslb::admin {

std::string_view page();

}  // namespace opslb::admin
