#include "headers/chunked.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

#include "headers/characters.hpp"
#include "headers/head_parser.hpp"

namespace opslb::headers {
namespace {

unsigned hex_value(char c) {
  return is(digit, c) ? static_cast<unsigned>(c - '0') : static_cast<unsigned>(to_lower(c) - 'a') + 10;
}

}  // namespace

chunked_decoder::step chunked_decoder::next(std::string_view input) {
  std::size_t used = 0;
  while (used < input.size() && at_ != at::data && at_ != at::done && at_ != at::refused) {
    used += in_trailer() ? read_trailer(input.substr(used)) : read_framing(input[used]);
  }
  switch (at_) {
    case at::refused: return {.what = state::refused};
    case at::done: return {.what = state::done, .framing = used};
    case at::data:
      if (used == input.size()) break;
      return {.what = state::data,
              .framing = used,
              .data = static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size() - used))};
    default: break;
  }
  return {.framing = used};
}

void chunked_decoder::took(std::size_t data_bytes) {
  left_ -= data_bytes;
  if (left_ == 0 && at_ == at::data) at_ = at::data_cr;
}

/// One byte of a chunk-size line, or of the line end behind a chunk's data. Always says 1: the bytes used.
std::size_t chunked_decoder::read_framing(char c) {
  switch (at_) {
    case at::size:
    case at::size_digits:
      if (is(hex_digit, c)) {
        if (left_ > std::numeric_limits<std::uint64_t>::max() >> 4) return refuse();
        left_ = left_ * 16 + hex_value(c);
        at_ = at::size_digits;
        break;
      }
      if (at_ == at::size) return refuse();
      [[fallthrough]];
    case at::extension:
      // RFC 9112 7.1.1: unrecognised extensions are ignored; whatever they hold, a line ends with CRLF and nothing else.
      if (c == '\r') {
        at_ = at::size_lf;
      } else if (at_ == at::extension ? is(value_character, c) : c == ';') {
        at_ = at::extension;
      } else {
        return refuse();
      }
      break;
    case at::size_lf:
      if (c != '\n') return refuse();
      line_ = 0;
      at_ = left_ != 0 ? at::data : at::trailer;
      return 1;
    case at::data_cr:
      if (c != '\r') return refuse();
      at_ = at::data_lf;
      return 1;
    case at::data_lf:
      if (c != '\n') return refuse();
      at_ = at::size;
      return 1;
    default: return refuse();
  }
  return ++line_ > limits_.line_bytes && limits_.line_bytes != 0 ? refuse() : 1;
}

/// Takes trailer bytes up to and with the next CR, or the LF behind it; what stands between is judged when all is there.
std::size_t chunked_decoder::read_trailer(std::string_view input) {
  const auto taken = [&]() -> std::size_t {
    if (at_ == at::trailer_lf) return input.front() == '\n' ? 1 : 0;
    const auto* const stop = skip_value(input.data(), input.data() + input.size());
    const auto length = static_cast<std::size_t>(stop - input.data());
    if (length == input.size()) return length;
    return *stop == '\r' ? length + 1 : 0;
  }();
  const auto too_much = [](std::size_t size, std::size_t most) { return most != 0 && size > most; };
  if (taken == 0 || too_much(trailer_bytes_.size() + taken, limits_.trailer_bytes)) return refuse();

  const auto read = input.substr(0, taken);
  trailer_bytes_ += read;
  line_ += taken;
  if (read.back() == '\r') {
    at_ = at::trailer_lf;
  } else if (read.back() == '\n') {
    at_ = at::trailer;
    if (line_ == 2) return end_trailer() ? taken : refuse();
    line_ = 0;
    if (too_much(++trailer_lines_, limits_.trailer_count)) return refuse();
  }
  return taken;
}

bool chunked_decoder::end_trailer() {
  at_ = at::done;
  return parse_field_lines(trailer_bytes_, trailers_);
}

std::size_t chunked_decoder::refuse() {
  at_ = at::refused;
  return 1;
}

std::size_t write_chunk_head(std::uint64_t size, std::array<char, chunk_head_max>& out) {
  char* const end = std::to_chars(out.data(), out.data() + out.size() - 2, size, 16).ptr;
  end[0] = '\r';
  end[1] = '\n';
  return static_cast<std::size_t>(end + 2 - out.data());
}

}  // namespace opslb::headers
