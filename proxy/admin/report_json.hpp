// The report as JSON, as docs/admin.md describes it. Pure.
#pragma once

#include <string>

#include "proxy/admin/report.hpp"

namespace opslb::admin {

std::string to_json(const report& all);
/// {"backend": …, "note": …}, the same object as in the report, and a sentence or null.
std::string to_json(const backend& one, const std::string& note);
/// The same of a backend that is not there.
std::string to_json(const std::string& note);
/// {"error": 409, "reason": "Conflict", "detail": …}, the shape of all errors here.
std::string error_json(unsigned status, std::string_view reason, std::string_view detail);

}  // namespace opslb::admin
