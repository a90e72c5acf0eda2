// The words behind a status that opslb itself answers with, to clients or on the admin endpoint. Pure.
#pragma once

#include <string_view>

namespace opslb {

/// RFC 9110 15; "Error" for a status that opslb never answers with.
std::string_view reason_phrase(unsigned status);

}  // namespace opslb
