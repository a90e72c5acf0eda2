// A response's head and trailers as HTTP/2 field lines: what headers/rewrite lets through, with :status in front. Pure.
#pragma once

#include <string_view>
#include <vector>

#include "headers/framing.hpp"
#include "headers/message.hpp"
#include "proxy/http2/field_block.hpp"

namespace opslb::http2 {

/// Appends to `out`. A 101 becomes the 200 that RFC 8441 5 has for it. `hsts` as in headers::client_side.
void to_response_fields(const headers::response_head& head, const headers::response_facts& facts,
                        std::string_view request_id, std::string_view hsts, field_block& out);

/// Replaces what is in `out`.
void to_response_trailers(const std::vector<headers::field>& trailers, field_block& out);

}  // namespace opslb::http2
