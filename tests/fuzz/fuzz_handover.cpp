// What one process hands over to another, and what they say to each other, as any bytes: refused in one sentence, or read as
// something that is written in the same words again.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "proxy/takeover/handover.hpp"

using namespace opslb;
using namespace opslb::takeover;

namespace {

void demand(bool holds) {
  if (!holds) std::abort();
}

void read_handover(std::string_view text) {
  const auto read = parse_handover(text);
  demand(read.value.has_value() == read.wrong.empty());
  if (!read.value) return demand(read.wrong.find('\n') == std::string::npos);
  demand(read.value->program.starts_with('/') && read.value->sockets() <= most_sockets);
  demand(read.value->tickets.size() <= tls::ticket_keys::most_keys);
  const std::string once = to_text(*read.value);
  const auto again = parse_handover(once);
  demand(again.value && to_text(*again.value) == once);
}

void read_message(std::string_view text) {
  const auto read = parse_message(text);
  if (!read.value) return;
  parse_start_time(read.value->rest);
  if (const auto left = parse_remaining(read.value->rest); left.value) demand(!left.value->backend.empty());
  if (const auto drain = parse_drain_order(read.value->rest); drain.value) demand(!drain.value->backend.empty());
  if (const auto ready = parse_readiness(read.value->rest); ready.value) demand(ready.value->pid > 0);
  if (text.size() > most_text / 2) return;  // what is said is shorter
  const auto again = parse_message(to_text(read.value->what, read.value->rest));
  demand(again.value && again.value->what == read.value->what && again.value->rest == read.value->rest);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  read_handover(bytes);
  read_message(bytes);
  return 0;
}
