#include <cstddef>
#include <cstdint>
#include <cstring>

#include "headers/quotable.hpp"
#include "proxy/access_cursor.hpp"
#include "proxy/access_escape.hpp"
#include "proxy/access_log.hpp"
#include "proxy/redact.hpp"

namespace opslb::access_log {
namespace {

// What most lines need is inlined, so that the cursor never leaves its register; all else takes and returns a pointer.

/// All of a line in either format but what comes from outside and what tells of unusual tries: constant text and numbers, and of
/// opslb's own texts, which are all bounded, the longest are a backend's name (514 bytes, and twice) and a request id (128).
constexpr std::size_t most_of_own = 4096;

std::size_t sizes_of(std::span<const backend_try> tries) {
  constexpr std::size_t around_each = 5;
  std::size_t sum = 0;
  for (const backend_try& each : tries)
    sum += each.backend.size() + each.why.size() + each.outcome.size() + around_each;
  return sum;
}

/// A line is no longer than that and what tells of unusual tries, if a byte of text becomes no more than `growth`. The target counts
/// twice, for what is taken out of its query.
std::size_t most_bytes(const record& what, std::size_t growth) {
  return growth * (2 * what.text.all.size() + what.client_certificate.size()) + most_of_own;
}

// --- JSON -----------------------------------------------------------------------------------------------------------

// A value of text leaves the quote behind it to what follows.

/// `Start` is all that stands before the value. What is not known is left out.
template <literal Start>
[[gnu::always_inline]] inline void put_text(cursor& line, std::string_view value) {
  if (value.empty()) return;
  line.put<Start>();
  line.go_on(put_json_text(value, line.at()));
}

/// The same for text of opslb's own.
template <literal Start>
[[gnu::always_inline]] inline void put_own(cursor& line, std::string_view value) {
  if (value.empty()) return;
  line.put<Start>();
  line.put(value);
}

char* put_escaped(std::string_view value, char* out) { return put_json_text(value, out); }

using redaction = char* (*)(std::string_view text, escape write, char* out);

/// Of what may hold a credential.
template <literal Start>
[[gnu::always_inline]] inline void put_redacted(cursor& line, std::string_view value, redaction put) {
  if (value.empty()) return;
  line.put<Start>();
  const bool is_quiet = headers::copy_if<headers::quotable_path>(value, line.at());
  line.go_on(is_quiet ? line.at() + value.size() : put(value, put_escaped, line.at()));
}

template <literal Start>
[[gnu::always_inline]] inline void put_target(cursor& line, const seen_target& target) {
  if (target.may_hold_secret()) return put_redacted<Start>(line, target.text(), put_redacted_target);
  put_text<Start>(line, target.text());
}

template <literal Start>
[[gnu::always_inline]] inline void put_count(cursor& line, std::uint64_t value) {
  line.put<Start>();
  line.put_number(value);
}

/// Milliseconds with three decimals; a phase that was not reached is left out. `Start` ends with "0.", as most phases begin.
template <literal Start>
[[gnu::always_inline]] inline void put_phase(cursor& line, std::int64_t microseconds) {
  if (microseconds < 0) return;
  const auto all = static_cast<std::uint64_t>(microseconds);
  const std::uint64_t whole = all / 1000;
  line.put<Start>();
  if (whole != 0) {
    line.go_on(line.at() - 2);
    line.put_number(whole);
    line.put('.');
  }
  line.put_three_digits(static_cast<unsigned>(all - 1000 * whole));
}

[[gnu::always_inline]] inline void put_phases(cursor& line, const exchange_facts& how) {
  if (how.queued == 0 && how.connect == 0) {  // nearly always: nothing to wait for, and a connection that rested
    line.put<R"(,"queued_ms":0.000,"connect_ms":0.000)">();
  } else {
    put_phase<R"(,"queued_ms":0.)">(line, how.queued);
    put_phase<R"(,"connect_ms":0.)">(line, how.connect);
  }
  put_phase<R"(,"first_byte_ms":0.)">(line, how.first_byte);
  put_phase<R"(,"total_ms":0.)">(line, how.total);
}

[[gnu::always_inline]] inline void put_method(cursor& line, std::string_view method) {
  if (method == "GET") return line.put<R"(","method":"GET)">();
  if (method == "POST") return line.put<R"(","method":"POST)">();
  put_text<R"(","method":")">(line, method);
}

[[gnu::always_inline]] inline void put_protocol(cursor& line, headers::http_version version) {
  if (version == headers::http_version::http_1_1) return line.put<R"(","protocol":"HTTP/1.1)">();
  put_own<R"(","protocol":")">(line, headers::to_text(version));
}

[[gnu::always_inline]] inline void put_status(cursor& line, unsigned status) {
  if (status == 200) return line.put<R"(","status":200)">();
  put_count<R"(","status":)">(line, status);
}

[[gnu::always_inline]] inline void put_end(cursor& line, std::string_view end) {
  if (end == "done") return line.put<R"(,"end":"done)">();
  line.put<R"(,"end":")">();
  line.put(end);
}

char* put_tries(std::span<const backend_try> tries, char* out) {
  cursor line(out);
  line.put<R"(,"tried":")">();
  for (const backend_try& each : tries) {
    if (&each != &tries.front()) line.put(' ');
    line.put(each.backend);
    line.put('(');
    line.put(each.why);
    line.put<": ">();
    if (each.is_constant) {
      line.put(each.outcome);
    } else {
      line.go_on(put_json_text(each.outcome, line.at()));
    }
    line.put(')');
  }
  line.put('"');
  return line.at();
}

char* put_way(const record& what, char* out) {
  cursor line(out);
  if (what.facts.backend.empty()) return out;
  put_own<R"(,"backend":")">(line, what.facts.backend);
  line.put('"');
  if (!what.tries.empty()) line.go_on(put_tries(what.tries, line.at()));
  return line.at();
}

/// Whether all of it is constant text or a lasting name, so that its addresses tell what it says.
bool is_usual_way(const record& what) {
  return what.tries.size() == 1 && what.tries.front().is_constant &&
         what.tries.front().backend.data() == what.facts.backend.data();
}

// --- combined -------------------------------------------------------------------------------------------------------

/// A field outside quotes.
void put_word(cursor& line, std::string_view value) {
  if (value.empty()) line.put('-');
  for (const char c : value) {
    if (c == ' ') {
      line.put<"\\x20">();
    } else {
      line.go_on(put_combined_text({&c, 1}, line.at()));
    }
  }
}

void put_request_line(cursor& line, const record& what) {
  const std::string_view method = what.text[request_text::method];
  if (method.empty()) return put_word(line, what.is_raw_tcp ? "tcp" : "");
  line.go_on(put_combined_text(method, line.at()));
  line.put(' ');
  const std::string_view target = what.target.text();
  line.go_on(what.target.may_hold_secret() ? put_redacted_target(target, put_combined_text, line.at())
                                           : put_combined_text(target, line.at()));
  line.put(' ');
  line.put(headers::to_text(what.facts.version));
}

}  // namespace

void lines::add_json(const record& what) {
  const exchange_facts& facts = what.facts;
  const request_text& text = what.text;
  const bool is_usual = is_usual_way(what);
  cursor line(batch_.room_for(most_bytes(what, json_growth) + (is_usual ? 0 : json_growth * sizes_of(what.tries))));
  line.put<R"({"time":")">();
  line.go_on(clock_.put(facts.began, line.at()));
  put_own<R"(","listener":")">(line, facts.listener);
  put_own<R"(","client":")">(line, what.client);
  if (text.has(request_text::method)) put_method(line, text[request_text::method]);
  put_target<R"(","target":")">(line, what.target);
  if (text.has(request_text::method)) put_protocol(line, facts.version);
  put_redacted<R"(","host":")">(line, text[request_text::host], put_redacted_host);
  if (!facts.tls_version.empty()) {
    put_own<R"(","tls":")">(line, facts.tls_version);
    put_own<R"(","cipher":")">(line, facts.tls_cipher);
    put_text<R"(","client_certificate":")">(line, what.client_certificate);
  }
  if (what.is_raw_tcp) {
    line.put<R"(","protocol":"tcp")">();
  } else {
    put_status(line, facts.status);
  }
  put_count<R"(,"bytes_in":)">(line, facts.bytes_in);
  put_count<R"(,"bytes_out":)">(line, facts.bytes_out);
  line.go_on(is_usual ? put_usual_way(what, line.at()) : put_way(what, line.at()));
  put_phases(line, facts);
  put_end(line, facts.end);
  put_own<R"(","request_id":")">(line, what.request_id);
  put_own<R"(","trace_id":")">(line, text[request_text::trace]);
  put_redacted<R"(","referer":")">(line, text[request_text::referer], put_redacted_target);
  put_text<R"(","user_agent":")">(line, text[request_text::user_agent]);
  if (what.target.tells_agent()) {
    put_text<R"(","agent_host":")">(line, what.target.agent_host());
    put_text<R"(","agent_version":")">(line, what.target.agent_version());
  }
  line.put<"\"}\n">();
  batch_.wrote(line.at());
}

inline char* lines::put_usual_way(const record& what, char* out) {
  constexpr std::size_t block = 32;
  const backend_try& only = what.tries.front();
  const char* const backend = only.backend.data();
  const char* const why = only.why.data();
  written_way& kept =
      ways_[(reinterpret_cast<std::uintptr_t>(backend) / 16 + reinterpret_cast<std::uintptr_t>(why)) % ways_.size()];
  if (kept.backend != backend || kept.why != why || kept.outcome != only.outcome.data())
    return keep_way(what, kept, out);
  const char* from = kept.text.data();
  char* const end = out + kept.size;
  for (; out < end; out += block, from += block) std::memcpy(out, from, block);
  return end;
}

/// Puts it, and keeps it for the next time.
char* lines::keep_way(const record& what, written_way& kept, char* out) {
  char* const end = put_way(what, out);
  const auto size = static_cast<std::size_t>(end - out);
  if (size > kept.text.size()) return end;
  const backend_try& only = what.tries.front();
  kept.backend = only.backend.data();
  kept.why = only.why.data();
  kept.outcome = only.outcome.data();
  kept.size = size;
  std::memcpy(kept.text.data(), out, size);
  return end;
}

void lines::add_combined(const record& what) {
  cursor line(batch_.room_for(most_bytes(what, combined_growth)));
  const std::string_view referer = what.text[request_text::referer];
  const std::string_view user_agent = what.text[request_text::user_agent];
  put_word(line, what.client);
  line.put<" - - [">();  // no user: that would be half a credential
  line.go_on(put_ncsa_time(what.facts.began, line.at()));
  line.put<"] \"">();
  put_request_line(line, what);
  line.put<"\" ">();
  if (what.facts.status == 0) {
    line.put<"000">();  // as nginx: three digits, whoever reads it
  } else {
    line.put_number(what.facts.status);
  }
  line.put(' ');
  line.put_number(what.facts.body_out);
  line.put<" \"">();
  if (referer.empty()) line.put('-');
  line.go_on(put_redacted_target(referer, put_combined_text, line.at()));
  line.put<"\" \"">();
  if (user_agent.empty()) line.put('-');
  line.go_on(put_combined_text(user_agent, line.at()));
  line.put<"\"\n">();
  batch_.wrote(line.at());
}

}  // namespace opslb::access_log
