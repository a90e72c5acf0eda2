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

/// All constant text, numbers and times of a line in either format.
constexpr std::size_t most_besides_texts = 1024;

/// A line is no longer than that, if a byte of text becomes no more than `growth`.
std::size_t most_bytes(const record& what, std::size_t growth) {
  std::size_t texts = what.listener.size() + what.client.size() + what.method.size() + what.protocol.size() +
                      what.host.size() + what.referer.size() + what.user_agent.size() + what.how.backend.size() +
                      what.how.end.size() + what.request_id.size() + what.tls_version.size() + what.tls_cipher.size() +
                      what.client_certificate.size() + what.trace_id.size();
  texts += 2 * what.target.text().size();  // with what is taken out of its query
  constexpr std::size_t around_a_try = 5;
  for (const backend_try& each : what.tries)
    texts += each.backend.size() + each.why.size() + each.outcome.size() + around_a_try;
  return growth * texts + most_besides_texts;
}

/// A raw TCP connection, which knows neither methods nor statuses.
bool is_raw(const record& what) { return what.method.empty() && !what.protocol.empty(); }

// --- JSON -----------------------------------------------------------------------------------------------------------

/// `Start` is all that stands before the value. What is not known is left out.
template <literal Start>
void put_text(cursor& line, std::string_view value) {
  if (value.empty()) return;
  line.put<Start>();
  line.go_on(put_json_text(value, line.at()));
  line.put('"');
}

/// The same for text of opslb's own.
template <literal Start>
void put_own(cursor& line, std::string_view value) {
  if (value.empty()) return;
  line.put<Start>();
  line.put(value);
  line.put('"');
}

using redaction = char* (*)(std::string_view text, escape write, char* out);

/// Of what may hold a credential.
template <literal Start>
void put_redacted(cursor& line, std::string_view value, redaction put) {
  if (value.empty()) return;
  line.put<Start>();
  const bool is_quiet = headers::copy_if<headers::quotable_path>(value, line.at());
  line.go_on(is_quiet ? line.at() + value.size() : put(value, put_json_text, line.at()));
  line.put('"');
}

template <literal Start>
void put_target(cursor& line, const seen_target& target) {
  if (target.may_hold_secret()) return put_redacted<Start>(line, target.text(), put_redacted_target);
  put_text<Start>(line, target.text());
}

template <literal Start>
void put_count(cursor& line, std::uint64_t value) {
  line.put<Start>();
  line.put_number(value);
}

/// Milliseconds with three decimals; a phase that was not reached is left out.
template <literal Start>
void put_phase(cursor& line, std::int64_t microseconds) {
  if (microseconds < 0) return;
  const auto all = static_cast<std::uint64_t>(microseconds);
  line.put<Start>();
  if (all < 1000) {  // nearly always, but for the whole
    line.put('0');
  } else {
    line.put_number(all / 1000);
  }
  line.put('.');
  line.put_three_digits(static_cast<unsigned>(all % 1000));
}

void put_phases(cursor& line, const outcome& how) {
  if (how.queued == 0 && how.connect == 0) {  // nearly always: nothing to wait for, and a connection that rested
    line.put<R"(,"queued_ms":0.000,"connect_ms":0.000)">();
  } else {
    put_phase<R"(,"queued_ms":)">(line, how.queued);
    put_phase<R"(,"connect_ms":)">(line, how.connect);
  }
  put_phase<R"(,"first_byte_ms":)">(line, how.first_byte);
  put_phase<R"(,"total_ms":)">(line, how.total);
}

void put_method(cursor& line, std::string_view method) {
  if (method == "GET") return line.put<R"(,"method":"GET")">();
  if (method == "POST") return line.put<R"(,"method":"POST")">();
  put_text<R"(,"method":")">(line, method);
}

void put_protocol(cursor& line, std::string_view protocol) {
  if (protocol == "HTTP/1.1") return line.put<R"(,"protocol":"HTTP/1.1")">();
  put_own<R"(,"protocol":")">(line, protocol);
}

void put_status(cursor& line, unsigned status) {
  if (status == 200) return line.put<R"(,"status":200)">();
  put_count<R"(,"status":)">(line, status);
}

void put_tries(cursor& line, std::span<const backend_try> tries) {
  if (tries.empty()) return;
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
}

void put_way(cursor& line, const record& what) {
  put_own<R"(,"backend":")">(line, what.how.backend);
  put_tries(line, what.tries);
}

/// Whether all of it is constant text or a lasting name, so that its addresses tell what it says.
bool is_usual_way(const record& what) {
  return !what.how.backend.empty() && what.tries.size() == 1 && what.tries.front().is_constant &&
         what.tries.front().backend.data() == what.how.backend.data();
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
  if (what.method.empty()) return put_word(line, what.protocol);
  line.go_on(put_combined_text(what.method, line.at()));
  line.put(' ');
  const std::string_view target = what.target.text();
  line.go_on(what.target.may_hold_secret() ? put_redacted_target(target, put_combined_text, line.at())
                                           : put_combined_text(target, line.at()));
  line.put(' ');
  line.go_on(put_combined_text(what.protocol, line.at()));
}

}  // namespace

void lines::add_json(const record& what) {
  cursor line(batch_.room_for(most_bytes(what, json_growth)));
  line.put<R"({"time":")">();
  line.go_on(clock_.put(what.began, line.at()));
  line.put('"');
  put_own<R"(,"listener":")">(line, what.listener);
  put_own<R"(,"client":")">(line, what.client);
  put_method(line, what.method);
  put_target<R"(,"target":")">(line, what.target);
  put_protocol(line, what.protocol);
  put_redacted<R"(,"host":")">(line, what.host, put_redacted_host);
  put_own<R"(,"tls":")">(line, what.tls_version);
  put_own<R"(,"cipher":")">(line, what.tls_cipher);
  put_text<R"(,"client_certificate":")">(line, what.client_certificate);
  if (!is_raw(what)) put_status(line, what.how.status);
  put_count<R"(,"bytes_in":)">(line, what.bytes_in);
  put_count<R"(,"bytes_out":)">(line, what.bytes_out);
  if (is_usual_way(what)) {
    line.go_on(put_usual_way(what, line.at()));
  } else {
    put_way(line, what);
  }
  put_phases(line, what.how);
  put_own<R"(,"end":")">(line, what.how.end);
  put_own<R"(,"request_id":")">(line, what.request_id);
  put_own<R"(,"trace_id":")">(line, what.trace_id);
  put_redacted<R"(,"referer":")">(line, what.referer, put_redacted_target);
  put_text<R"(,"user_agent":")">(line, what.user_agent);
  put_text<R"(,"agent_host":")">(line, what.target.agent_host());
  put_text<R"(,"agent_version":")">(line, what.target.agent_version());
  line.put<"}\n">();
  batch_.wrote(line.at());
}

char* lines::put_usual_way(const record& what, char* out) {
  const backend_try& only = what.tries.front();
  const char* const backend = only.backend.data();
  const char* const why = only.why.data();
  written_way& kept =
      ways_[(reinterpret_cast<std::uintptr_t>(backend) / 16 + reinterpret_cast<std::uintptr_t>(why)) % ways_.size()];
  if (kept.backend != backend || kept.why != why || kept.outcome != only.outcome.data()) {
    cursor line(out);
    put_way(line, what);
    const auto size = static_cast<std::size_t>(line.at() - out);
    if (size > kept.text.size()) return line.at();
    kept.backend = backend;
    kept.why = why;
    kept.outcome = only.outcome.data();
    kept.size = size;
    std::memcpy(kept.text.data(), out, size);
    return line.at();
  }
  const char* from = kept.text.data();
  char* const end = out + kept.size;
  for (; out < end; out += cursor::slack, from += cursor::slack) std::memcpy(out, from, cursor::slack);
  return end;
}

void lines::add_combined(const record& what) {
  cursor line(batch_.room_for(most_bytes(what, combined_growth)));
  put_word(line, what.client);
  line.put<" - - [">();  // no user: that would be half a credential
  line.go_on(put_ncsa_time(what.began, line.at()));
  line.put<"] \"">();
  put_request_line(line, what);
  line.put<"\" ">();
  if (what.how.status == 0) {
    line.put<"000">();  // as nginx: three digits, whoever reads it
  } else {
    line.put_number(what.how.status);
  }
  line.put(' ');
  line.put_number(what.how.body_out);
  line.put<" \"">();
  if (what.referer.empty()) line.put('-');
  line.go_on(put_redacted_target(what.referer, put_combined_text, line.at()));
  line.put<"\" \"">();
  if (what.user_agent.empty()) line.put('-');
  line.go_on(put_combined_text(what.user_agent, line.at()));
  line.put<"\"\n">();
  batch_.wrote(line.at());
}

}  // namespace opslb::access_log
