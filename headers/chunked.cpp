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
    case at::size_lf:
      if (c != '\n') return refuse();
      line_ = 0;
      total_ += left_;
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
    case at::size:
    case at::size_digits:
      if (is(hex_digit, c)) {
        if (!add_digit(hex_value(c))) return refuse();
        at_ = at::size_digits;
        break;
      }
      if (at_ == at::size) return refuse();
      [[fallthrough]];
    default: at_ = behind_size(at_, c);
  }
  return ++line_ > limits_.line_bytes && limits_.line_bytes != 0 ? refuse() : 1;
}

/// False if the body would be larger than a Content-Length may say: peers that count with a sign would go astray.
bool chunked_decoder::add_digit(unsigned digit) {
  const auto most = std::uint64_t{std::numeric_limits<std::int64_t>::max()} - total_;
  if (left_ > (most >> 4)) return false;
  left_ = left_ * 16 + digit;
  return left_ <= most;
}

/// Where one more byte behind the digits leads. RFC 9112 7.1.1: *( BWS ";" BWS name [ BWS "=" BWS value ] ), a value being a
/// token or a quoted-string. Extensions are dropped whatever they say, but peers differ in where a malformed one ends. So
/// they do on BWS, which nobody may send (RFC 9110 5.6.3), and there is none here.
chunked_decoder::at chunked_decoder::behind_size(at now, char c) {
  switch (now) {
    case at::extension: return is(token_character, c) ? at::extension_name : at::refused;
    case at::extension_name:
      if (is(token_character, c)) return now;
      if (c == '=') return at::extension_value;
      break;
    case at::extension_value:
      if (c == '"') return at::quoted;
      return is(token_character, c) ? at::extension_token : at::refused;
    case at::extension_token:
      if (is(token_character, c)) return now;
      break;
    case at::quoted:
      if (c == '"') return at::extension_end;
      if (c == '\\') return at::quoted_pair;
      return is(value_character, c) ? now : at::refused;
    case at::quoted_pair: return is(value_character, c) ? at::quoted : at::refused;
    default: break;
  }
  if (c == ';') return at::extension;
  return c == '\r' ? at::size_lf : at::refused;
}

/// Takes trailer bytes up to and with the next CR, or the LF behind it; what stands between is judged when all is there.
std::size_t chunked_decoder::read_trailer(std::string_view input) {
  const auto taken = [&]() -> std::size_t {
    if (at_ == at::trailer_lf) return input.front() == '\n' ? 1 : 0;
    const auto* const stop = skip_value(input.data(), input.data(), input.data() + input.size());
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
