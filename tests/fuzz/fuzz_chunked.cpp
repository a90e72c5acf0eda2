// Chunked bodies of any bytes: however they are cut and however little is taken at a time, the decoder must come to what a
// second, plain reading of the whole comes to. The first two bytes choose the cut and the bite.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "headers/chunked.hpp"
#include "headers/head_parser.hpp"

using namespace opslb::headers;

namespace {

constexpr chunked_decoder::limits limits{.trailer_bytes = 200, .trailer_count = 4, .line_bytes = 40};

void demand(bool holds) {
  if (!holds) std::abort();
}

enum class end { done, refused, missing };

struct reading {
  end how = end::missing;
  std::string body;
  std::size_t size = 0;  ///< done: bytes up to the end of the body
};

bool is_allowed(char c) { return (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F) || c == '\t'; }

/// The length of the line at `at` with its CRLF; 0 if it is not whole; npos if its bytes are wrong or too many.
std::size_t line_length(std::string_view text, std::size_t at, std::size_t most) {
  for (auto i = at; i < text.size(); ++i) {
    if (text[i] == '\r') {
      if (i - at + 1 > most) return std::string_view::npos;
      if (i + 1 == text.size()) return 0;
      return text[i + 1] == '\n' ? i + 2 - at : std::string_view::npos;
    }
    if (!is_allowed(text[i]) || i - at + 1 > most) return std::string_view::npos;
  }
  return 0;
}

/// Takes the bytes off the front that `belongs` likes; false if there is none.
template <typename Belongs>
bool take_some(std::string_view& text, Belongs belongs) {
  const auto end = std::find_if_not(text.begin(), text.end(), belongs);
  const auto length = static_cast<std::size_t>(end - text.begin());
  text.remove_prefix(length);
  return length != 0;
}

bool is_hex(char c) { return std::string_view("0123456789abcdefABCDEF").find(c) != std::string_view::npos; }

bool is_of_token(char c) {
  return c > ' ' && c < 0x7F && std::string_view("\"(),/:;<=>?@[\\]{}").find(c) == std::string_view::npos;
}

bool take_quoted(std::string_view& text) {
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      text.remove_prefix(i + 1);
      return true;
    }
  }
  return false;
}

/// 1*HEXDIG *( ";" token [ "=" ( token / quoted-string ) ] ), of allowed bytes.
bool is_size_line(std::string_view line) {
  if (!take_some(line, is_hex)) return false;
  while (!line.empty()) {
    if (line.front() != ';') return false;
    line.remove_prefix(1);
    if (!take_some(line, is_of_token)) return false;
    if (!line.starts_with('=')) continue;
    line.remove_prefix(1);
    if (line.starts_with('"') ? !take_quoted(line) : !take_some(line, is_of_token)) return false;
  }
  return true;
}

/// A line that is not whole is right if one of these makes it whole: a size, a name or value, a closing quote, a quoted byte
/// and the closing quote.
bool begins_size_line(std::string_view line) {
  const auto completes = [line](const char* rest) { return is_size_line(std::string(line) + rest); };
  return completes("") || completes("0") || completes("\"") || completes("0\"");
}

/// `whole`: the line is; else only what is there must be right. The size, and `before` with it, is below 2^63.
bool read_size(std::string_view line, bool whole, std::size_t before, std::uint64_t& size) {
  if (whole ? !is_size_line(line) : !begins_size_line(line)) return false;
  size = 0;
  for (const char c : line.substr(0, line.find(';'))) {
    if (size >= std::uint64_t{1} << 60) return false;
    size = size * 16 + static_cast<std::uint64_t>(std::strtol(std::string(1, c).c_str(), nullptr, 16));
    if (size + before >= std::uint64_t{1} << 63) return false;
  }
  return true;
}

reading read_trailers(std::string_view text, std::size_t at, reading so_far) {
  const auto begin = at;
  for (std::size_t lines = 0;; ++lines) {
    const auto length = line_length(text, at, limits.trailer_bytes);
    const auto seen = length == 0 ? text.size() : at + length;
    if (length == std::string_view::npos || seen - begin > limits.trailer_bytes)
      return {.how = end::refused, .body = {}};
    if (length == 2) break;
    if (length == 0) return so_far;
    if (lines == limits.trailer_count) return {.how = end::refused, .body = {}};
    at += length;
  }
  std::vector<field> fields;
  so_far.how = parse_field_lines(text.substr(begin, at + 2 - begin), fields) ? end::done : end::refused;
  so_far.size = at + 2;
  return so_far;
}

reading read_plainly(std::string_view text) {
  reading result;
  const reading refused{.how = end::refused, .body = {}};
  std::size_t at = 0;
  while (true) {
    const auto length = line_length(text, at, limits.line_bytes);
    if (length == std::string_view::npos) return refused;
    std::uint64_t size = 0;
    auto line = text.substr(at, length == 0 ? std::string_view::npos : length - 2);
    const bool has_cr = length == 0 && line.ends_with('\r');
    if (has_cr) line.remove_suffix(1);
    if (!read_size(line, length != 0 || has_cr, result.body.size(), size)) return refused;
    if (length == 0) return result;
    at += length;
    if (size == 0) return read_trailers(text, at, result);
    const auto there = std::min<std::uint64_t>(size, text.size() - at);
    result.body += text.substr(at, there);
    at += there;
    if (there < size) return result;
    for (const char c : {'\r', '\n'}) {
      if (at == text.size()) return result;
      if (text[at++] != c) return refused;
    }
  }
}

reading decode(std::string_view text, std::size_t cut, std::size_t bite) {
  chunked_decoder decoder(limits);
  reading result;
  std::size_t at = 0;
  for (auto there = std::min(cut, text.size());; there = std::min(there + cut, text.size())) {
    while (true) {
      const auto step = decoder.next(text.substr(at, there - at));
      demand(step.framing + step.data <= there - at);
      at += step.framing;
      if (step.what == chunked_decoder::state::refused) return {.how = end::refused, .body = {}};
      if (step.what == chunked_decoder::state::done) {
        result.how = end::done;
        result.size = at;
        return result;
      }
      if (step.what == chunked_decoder::state::need_more) {
        demand(at == there);
        break;
      }
      demand(step.data != 0);
      const auto taken = std::min(step.data, bite);
      result.body += text.substr(at, taken);
      at += taken;
      decoder.took(taken);
    }
    if (there == text.size()) return result;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 2, size - 2);
  const auto expected = read_plainly(text);
  for (const std::size_t cut : {std::size_t{data[0]} + 1, std::size_t{1}, size}) {
    const auto got = decode(text, cut, std::size_t{data[1]} + 1);
    demand(got.how == expected.how);
    if (got.how == end::refused) continue;
    demand(got.body == expected.body && got.size == expected.size);
  }
  return 0;
}
