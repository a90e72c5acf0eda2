// Reads one HTTP/1 message head out of a buffer (RFC 9112 2 to 5), stricter than the grammar allows where peers differ:
// CRLF line ends only, no obs-fold, no blank before a colon, no control bytes. Refuses as early as it can tell, so that
// garbage does not have to wait for a timeout. Syntax only; meaning is framing.hpp and target.hpp. Pure: no I/O, and no
// allocation once the field vector has grown.
#pragma once

#include <cstddef>
#include <string_view>

#include "headers/message.hpp"

namespace opslb::headers {

/// Bounds on a head. 0: none.
struct head_limits {
  std::size_t head_bytes = 64 * 1024;    ///< whole head with its final CRLF CRLF; 431 above
  std::size_t target_bytes = 16 * 1024;  ///< 414 above
  std::size_t header_count = 128;        ///< field lines; 431 above
};

enum class parse_state { incomplete, complete, refused };

struct parse_result {
  parse_state state = parse_state::incomplete;
  std::size_t head_size = 0;  ///< complete: bytes of the head, to be consumed; a body begins behind them
  std::size_t scanned = 0;    ///< incomplete: to be passed in again with more bytes, so that whole lines are read once
  refusal why{};              ///< refused: 400, 414, 431 or 505
};

/// `bytes` begins where the message should begin. Empty lines before a request line are skipped (RFC 9112 2.2) and count
/// for `head_bytes`. The views in `head` point into `bytes`; of a refused head they show what was read before the fault, of
/// an incomplete one nothing. After `incomplete`, call again with the same bytes and more (they may have moved), the
/// `scanned` that was returned, and the same `head`; what comes out never depends on how the bytes were cut.
parse_result parse_request_head(std::string_view bytes, std::size_t scanned, const head_limits& limits,
                                request_head& head);

/// The same for a response. `why.status` is always 502 here: the client can do nothing about it.
parse_result parse_response_head(std::string_view bytes, std::size_t scanned, const head_limits& limits,
                                 response_head& head);

/// Field lines alone, as in a trailer section: `bytes` has whole lines and ends with the empty line. False if any is
/// malformed.
bool parse_field_lines(std::string_view bytes, std::vector<field>& fields);

}  // namespace opslb::headers
