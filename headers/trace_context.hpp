// What opslb reads of W3C Trace Context. It takes no part in a trace: traceparent and tracestate pass through untouched, well
// formed or not, and only logs and reports name the trace. Pure.
#pragma once

#include <string_view>

namespace opslb::headers {

/// The trace-id of a traceparent's value, 32 hexadecimal digits; empty if the value is not valid (W3C Trace Context 3.2.2).
std::string_view trace_id_of(std::string_view traceparent);

}  // namespace opslb::headers
