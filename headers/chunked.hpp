// Decodes a chunked body (RFC 9112 7.1) piece by piece, strictly: no blanks around sizes, CRLF only, extensions checked and
// never passed on, at most 2^63-1 bytes in all, a trailer section within bounds. Owns the trailer bytes only. Pure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "headers/message.hpp"

namespace opslb::headers {

class chunked_decoder {
 public:
  enum class state : std::uint8_t { need_more, data, done, refused };

  /// `framing`: bytes at the front of the input to be dropped; `data`: body bytes that follow them and are there now.
  struct step {
    state what = state::need_more;
    std::size_t framing = 0;
    std::size_t data = 0;
  };

  /// Bounds of the trailer section, and of one chunk-size line with its extensions (`line_bytes`). 0: none.
  struct limits {
    std::size_t trailer_bytes = 64 * 1024;
    std::size_t trailer_count = 128;
    std::size_t line_bytes = 1024;
  };

  explicit chunked_decoder(limits bounds) : limits_(bounds) {}

  /// Looks at all input that is there. The caller drops `framing` + as much of `data` as it took, says so with took(),
  /// and calls again with what is left and more. `done` is final and reports in `framing` the bytes up to the end of the
  /// body.
  step next(std::string_view input);
  void took(std::size_t data_bytes);

  /// After `done`: the trailer fields, parsed; views into this object.
  const std::vector<field>& trailers() const { return trailers_; }

 private:
  enum class at : std::uint8_t {
    size,
    size_digits,
    extension,        // behind ";"
    extension_name,   //
    extension_value,  // behind "="
    extension_token,  //
    quoted,           //
    quoted_pair,      // behind a backslash
    extension_end,    // behind the closing quote
    size_lf,
    data,
    data_cr,
    data_lf,
    trailer,
    trailer_lf,
    done,
    refused
  };

  bool in_trailer() const { return at_ == at::trailer || at_ == at::trailer_lf; }
  std::size_t read_framing(char c);
  bool add_digit(unsigned digit);
  static at behind_size(at now, char c);
  std::size_t read_trailer(std::string_view input);
  bool end_trailer();
  std::size_t refuse();

  limits limits_;
  at at_ = at::size;
  std::uint64_t left_ = 0;   ///< of the chunk
  std::uint64_t total_ = 0;  ///< of all chunks begun
  std::size_t line_ = 0;     ///< bytes of the line being read
  std::size_t trailer_lines_ = 0;
  std::string trailer_bytes_;
  std::vector<field> trailers_;
};

/// "1a3\r\n" written into `out`; returns the bytes used.
inline constexpr std::size_t chunk_head_max = 18;
std::size_t write_chunk_head(std::uint64_t size, std::array<char, chunk_head_max>& out);

}  // namespace opslb::headers
