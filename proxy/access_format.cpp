#include <array>
#include <charconv>
#include <cstddef>

#include "headers/characters.hpp"
#include "proxy/access_log.hpp"
#include "proxy/redact.hpp"
#include "proxy/utc_time.hpp"

namespace opslb::access_log {
namespace {

template <typename Integer>
void append_number(Integer value, std::string& out) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.append(digits.data(), end);
}

void append_hex(std::string_view prefix, unsigned char byte, std::string& out) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  out += prefix;
  out += digits[byte >> 4U];
  out += digits[byte & 15U];
}

// --- JSON -----------------------------------------------------------------------------------------------------------

bool continues(std::string_view bytes, std::size_t at) {
  return at < bytes.size() && (static_cast<unsigned char>(bytes[at]) & 0xC0U) == 0x80U;
}

/// Bytes of the well-formed UTF-8 character (RFC 3629 4) at the front of `bytes`, which is not ASCII; 0 if it is none, or
/// one that some readers take for a line end: C1 controls, U+2028 and U+2029.
std::size_t harmless_character(std::string_view bytes) {
  const auto first = static_cast<unsigned char>(bytes[0]);
  const auto second = bytes.size() > 1 ? static_cast<unsigned char>(bytes[1]) : 0U;
  if (!continues(bytes, 1)) return 0;
  if (first >= 0xC2 && first <= 0xDF) return first == 0xC2 && second < 0xA0 ? 0 : 2;
  if (!continues(bytes, 2)) return 0;
  if (first >= 0xE0 && first <= 0xEF) {
    const bool overlong = first == 0xE0 && second < 0xA0;
    const bool surrogate = first == 0xED && second >= 0xA0;
    const bool line_end = first == 0xE2 && second == 0x80 && (bytes[2] == '\xA8' || bytes[2] == '\xA9');
    return overlong || surrogate || line_end ? 0 : 3;
  }
  if (!continues(bytes, 3) || first < 0xF0 || first > 0xF4) return 0;
  const bool outside = (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F);
  return outside ? 0 : 4;
}

void escape_json(std::string_view bytes, std::string& out) {
  const char* const begin = bytes.data();
  const char* const end = begin + bytes.size();
  std::size_t plain = 0;  // everything from here to `i` goes out as it is
  std::size_t i = 0;
  for (;;) {
    i = static_cast<std::size_t>(headers::skip_quotable(begin, begin + i, end) - begin);
    if (i == bytes.size()) break;
    const auto byte = static_cast<unsigned char>(bytes[i]);
    if (byte >= 0x80) {
      if (const auto size = harmless_character(bytes.substr(i)); size != 0) {
        i += size;
        continue;
      }
    }
    out.append(bytes, plain, i - plain);
    if (byte == '"' || byte == '\\') {
      out += '\\';
      out += bytes[i];
    } else {
      append_hex("\\u00", byte, out);
    }
    plain = ++i;
  }
  out.append(bytes, plain, i - plain);
}

using append_value = void (*)(std::string_view value, escape write, std::string& out);

void append_as_it_is(std::string_view value, escape write, std::string& out) { write(value, out); }

/// `start` is all that stands before the value: one append instead of three. What is not known is left out.
void append_text(std::string_view start, std::string_view value, std::string& out,
                 append_value append = append_as_it_is) {
  if (value.empty()) return;
  out += start;
  append(value, escape_json, out);
  out += '"';
}

void append_count(std::string_view start, std::uint64_t value, std::string& out) {
  out += start;
  append_number(value, out);
}

/// Milliseconds with three decimals; a phase that was not reached is left out.
void append_phase(std::string_view start, std::int64_t microseconds, std::string& out) {
  if (microseconds < 0) return;
  append_count(start, static_cast<std::uint64_t>(microseconds) / 1000, out);
  const auto decimals = static_cast<unsigned>(microseconds % 1000);
  out += '.';
  out += static_cast<char>('0' + decimals / 100);
  out += static_cast<char>('0' + decimals / 10 % 10);
  out += static_cast<char>('0' + decimals % 10);
}

// --- combined -------------------------------------------------------------------------------------------------------

/// As nginx and Apache do: what could end the field or the line, and all that is not ASCII, as \xHH.
void escape_combined(std::string_view bytes, std::string& out) {
  for (const char c : bytes) {
    if (headers::is(headers::quotable_character, c)) {
      out += c;
    } else {
      append_hex("\\x", static_cast<unsigned char>(c), out);
    }
  }
}

/// A field outside quotes.
void append_word(std::string_view value, std::string& out) {
  if (value.empty()) out += '-';
  for (const char c : value) {
    if (c == ' ') {
      out += "\\x20";
    } else {
      escape_combined({&c, 1}, out);
    }
  }
}

void append_request_line(const record& what, std::string& out) {
  if (what.method.empty()) {
    append_word(what.protocol, out);
    return;
  }
  escape_combined(what.method, out);
  out += ' ';
  append_redacted_target(what.target, escape_combined, out);
  out += ' ';
  escape_combined(what.protocol, out);
}

/// A raw TCP connection, which knows neither methods nor statuses.
bool is_raw(const record& what) { return what.method.empty() && !what.protocol.empty(); }

}  // namespace

void format_json(const record& what, std::string& out) {
  out += "{\"time\":\"";
  append_rfc3339(what.began, out);
  out += '"';
  append_text(R"(,"listener":")", what.listener, out);
  append_text(R"(,"client":")", what.client, out);
  append_text(R"(,"method":")", what.method, out);
  append_text(R"(,"target":")", what.target, out, append_redacted_target);
  append_text(R"(,"protocol":")", what.protocol, out);
  append_text(R"(,"host":")", what.host, out, append_redacted_host);
  append_text(R"(,"tls":")", what.tls_version, out);
  append_text(R"(,"cipher":")", what.tls_cipher, out);
  append_text(R"(,"client_certificate":")", what.client_certificate, out);
  if (!is_raw(what)) append_count(R"(,"status":)", what.status, out);
  append_count(R"(,"bytes_in":)", what.bytes_in, out);
  append_count(R"(,"bytes_out":)", what.bytes_out, out);
  append_text(R"(,"backend":")", what.backend, out);
  append_text(R"(,"tried":")", what.tried, out);
  append_phase(R"(,"queued_ms":)", what.queued, out);
  append_phase(R"(,"connect_ms":)", what.connect, out);
  append_phase(R"(,"first_byte_ms":)", what.first_byte, out);
  append_phase(R"(,"total_ms":)", what.total, out);
  append_text(R"(,"end":")", what.end, out);
  append_text(R"(,"request_id":")", what.request_id, out);
  append_text(R"(,"trace_id":")", what.trace_id, out);
  append_text(R"(,"referer":")", what.referer, out, append_redacted_target);
  append_text(R"(,"user_agent":")", what.user_agent, out);
  append_text(R"(,"agent_host":")", what.agent_host, out);
  append_text(R"(,"agent_version":")", what.agent_version, out);
  out += "}\n";
}

void format_combined(const record& what, std::string& out) {
  append_word(what.client, out);
  out += " - - [";  // no user: that would be half a credential
  append_ncsa_time(what.began, out);
  out += "] \"";
  append_request_line(what, out);
  out += "\" ";
  if (what.status == 0) {
    out += "000";  // as nginx: three digits, whoever reads it
  } else {
    append_number(what.status, out);
  }
  out += ' ';
  append_number(what.body_out, out);
  out += " \"";
  if (what.referer.empty()) out += '-';
  append_redacted_target(what.referer, escape_combined, out);
  out += "\" \"";
  if (what.user_agent.empty()) out += '-';
  escape_combined(what.user_agent, out);
  out += "\"\n";
}

}  // namespace opslb::access_log
